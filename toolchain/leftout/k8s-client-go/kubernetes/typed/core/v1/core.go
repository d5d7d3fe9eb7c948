// Package v1 has the calls on pods and config maps that buildx makes. See leftout/README.md.
package v1

import (
	"context"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
)

// PodInterface is about pods.
type PodInterface interface {
	List(context.Context, meta.ListOptions) (*core.PodList, error)
}

// ConfigMapInterface is about config maps.
type ConfigMapInterface interface {
	Create(context.Context, *core.ConfigMap, meta.CreateOptions) (*core.ConfigMap, error)
	Update(context.Context, *core.ConfigMap, meta.UpdateOptions) (*core.ConfigMap, error)
	Delete(context.Context, string, meta.DeleteOptions) error
}

// CoreV1Interface is about both.
type CoreV1Interface interface {
	RESTClient() rest.Interface
	Pods(namespace string) PodInterface
	ConfigMaps(namespace string) ConfigMapInterface
}
