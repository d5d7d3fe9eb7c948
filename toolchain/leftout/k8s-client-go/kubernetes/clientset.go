// Package kubernetes has the client that buildx names: there is none. See leftout/README.md.
package kubernetes

import (
	apps "k8s.io/client-go/kubernetes/typed/apps/v1"
	core "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
)

// Clientset is what NewForConfig never returns.
type Clientset struct{}

// NewForConfig always fails.
func NewForConfig(*rest.Config) (*Clientset, error) { return nil, rest.ErrLeftOut }

// CoreV1 returns nothing.
func (*Clientset) CoreV1() core.CoreV1Interface { return nil }

// AppsV1 returns nothing.
func (*Clientset) AppsV1() apps.AppsV1Interface { return nil }
