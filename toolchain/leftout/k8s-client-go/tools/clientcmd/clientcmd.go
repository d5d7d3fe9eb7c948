// Package clientcmd has the reading of kubeconfig files that buildx names: it always fails. See leftout/README.md.
package clientcmd

import (
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd/api"
)

// ClientConfig says how to reach a cluster.
type ClientConfig interface {
	ClientConfig() (*rest.Config, error)
	Namespace() (string, bool, error)
}

// ConfigOverrides of a kubeconfig file.
type ConfigOverrides struct {
	CurrentContext string
	Context        api.Context
}

// ClientConfigLoadingRules say which files are read.
type ClientConfigLoadingRules struct {
	ExplicitPath string
	Precedence   []string
}

// NewDefaultClientConfigLoadingRules returns rules without files.
func NewDefaultClientConfigLoadingRules() *ClientConfigLoadingRules {
	return &ClientConfigLoadingRules{}
}

// Load always fails.
func (*ClientConfigLoadingRules) Load() (*api.Config, error) { return nil, rest.ErrLeftOut }

// NewDefaultClientConfig returns a way to no cluster.
func NewDefaultClientConfig(api.Config, *ConfigOverrides) ClientConfig { return nowhere{} }

// NewNonInteractiveDeferredLoadingClientConfig returns a way to no cluster.
func NewNonInteractiveDeferredLoadingClientConfig(*ClientConfigLoadingRules, *ConfigOverrides) ClientConfig {
	return nowhere{}
}

type nowhere struct{}

func (nowhere) ClientConfig() (*rest.Config, error) { return nil, rest.ErrLeftOut }

func (nowhere) Namespace() (string, bool, error) { return "", false, rest.ErrLeftOut }
