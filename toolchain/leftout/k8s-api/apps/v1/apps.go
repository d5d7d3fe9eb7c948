// Package v1 has the parts of Kubernetes' deployments that buildx names. See leftout/README.md.
package v1

import (
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// SchemeGroupVersion is the version of these objects.
var SchemeGroupVersion meta.GroupVersion

// Deployment keeps pods running.
type Deployment struct {
	meta.TypeMeta
	meta.ObjectMeta
	Spec   DeploymentSpec
	Status DeploymentStatus
}

// DeploymentSpec is what is wanted.
type DeploymentSpec struct {
	Replicas *int32
	Selector *meta.LabelSelector
	Template core.PodTemplateSpec
}

// DeploymentStatus is what there is.
type DeploymentStatus struct{ ReadyReplicas int32 }
