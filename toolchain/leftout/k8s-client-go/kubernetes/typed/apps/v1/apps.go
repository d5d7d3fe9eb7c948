// Package v1 has the calls on deployments that buildx makes. See leftout/README.md.
package v1

import (
	"context"

	apps "k8s.io/api/apps/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// DeploymentInterface is about deployments.
type DeploymentInterface interface {
	Get(context.Context, string, meta.GetOptions) (*apps.Deployment, error)
	Create(context.Context, *apps.Deployment, meta.CreateOptions) (*apps.Deployment, error)
	Delete(context.Context, string, meta.DeleteOptions) error
}

// AppsV1Interface leads to them.
type AppsV1Interface interface {
	Deployments(namespace string) DeploymentInterface
}
