// Package rest has the connection to a cluster that buildx names: there is none. See leftout/README.md.
package rest

import (
	"errors"
	"net/http"
	"net/url"

	"k8s.io/client-go/tools/clientcmd/api"
)

// ErrLeftOut is why no cluster can be reached.
var ErrLeftOut = errors.New("this plugin was built without Kubernetes: build with another driver, or with the vendor's plugin")

// TLSClientConfig says how a cluster is trusted.
type TLSClientConfig struct {
	Insecure                  bool
	CAFile, CertFile, KeyFile string
	CAData, CertData, KeyData []byte
}

// Config says how a cluster is reached.
type Config struct {
	TLSClientConfig
	Host, Username, Password, BearerToken string
	AuthProvider                          *api.AuthProviderConfig
	ExecProvider                          *api.ExecConfig
	Proxy                                 func(*http.Request) (*url.URL, error)
}

// InClusterConfig always fails.
func InClusterConfig() (*Config, error) { return nil, ErrLeftOut }

// Interface makes requests.
type Interface interface{ Post() *Request }

// Request is one request.
type Request struct{}

// Namespace chooses nothing.
func (r *Request) Namespace(string) *Request { return r }

// Resource chooses nothing.
func (r *Request) Resource(string) *Request { return r }

// Name chooses nothing.
func (r *Request) Name(string) *Request { return r }

// SubResource chooses nothing.
func (r *Request) SubResource(...string) *Request { return r }

// VersionedParams adds nothing.
func (r *Request) VersionedParams(any, any) *Request { return r }

// URL leads nowhere.
func (r *Request) URL() *url.URL { return &url.URL{} }
