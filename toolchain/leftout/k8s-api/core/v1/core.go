// Package v1 has the parts of Kubernetes' core objects that buildx names. See leftout/README.md.
package v1

import (
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// SchemeGroupVersion is the version of these objects.
var SchemeGroupVersion meta.GroupVersion

// Words of the API.
type (
	ResourceName       string
	TolerationOperator string
	TaintEffect        string
	PodPhase           string
	SeccompProfileType string
	ResourceList       map[ResourceName]resource.Quantity
)

// Values of those words.
const (
	ResourceCPU                  ResourceName       = "cpu"
	ResourceMemory               ResourceName       = "memory"
	ResourceEphemeralStorage     ResourceName       = "ephemeral-storage"
	PodRunning                   PodPhase           = "Running"
	SeccompProfileTypeUnconfined SeccompProfileType = "Unconfined"
)

// ConfigMap holds files.
type ConfigMap struct {
	meta.TypeMeta
	meta.ObjectMeta
	Data map[string]string
}

// Pod is a group of containers.
type Pod struct {
	meta.ObjectMeta
	Spec   PodSpec
	Status PodStatus
}

// PodStatus is how a pod is.
type PodStatus struct{ Phase PodPhase }

// PodList is a page of pods.
type PodList struct{ Items []Pod }

// PodTemplateSpec is what pods are made of.
type PodTemplateSpec struct {
	meta.ObjectMeta
	Spec PodSpec
}

// PodSpec is what a pod is made of.
type PodSpec struct {
	ServiceAccountName, SchedulerName string
	Containers, InitContainers        []Container
	Volumes                           []Volume
	NodeSelector                      map[string]string
	Tolerations                       []Toleration
}

// Container of a pod.
type Container struct {
	Name, Image     string
	Args            []string
	SecurityContext *SecurityContext
	ReadinessProbe  *Probe
	Resources       ResourceRequirements
	VolumeMounts    []VolumeMount
}

// SecurityContext of a container.
type SecurityContext struct {
	Privileged     *bool
	SeccompProfile *SeccompProfile
}

// Parts of the above.
type (
	SeccompProfile        struct{ Type SeccompProfileType }
	Probe                 struct{ ProbeHandler }
	ProbeHandler          struct{ Exec *ExecAction }
	ExecAction            struct{ Command []string }
	ResourceRequirements  struct{ Requests, Limits ResourceList }
	VolumeMount           struct{ Name, MountPath string }
	LocalObjectReference  struct{ Name string }
	ConfigMapVolumeSource struct{ LocalObjectReference }
	EmptyDirVolumeSource  struct{}
	VolumeSource          struct {
		ConfigMap *ConfigMapVolumeSource
		EmptyDir  *EmptyDirVolumeSource
	}
	Volume struct {
		Name string
		VolumeSource
	}
	Toleration struct {
		Key, Value        string
		Operator          TolerationOperator
		Effect            TaintEffect
		TolerationSeconds *int64
	}
	PodExecOptions struct {
		Container                  string
		Command                    []string
		Stdin, Stdout, Stderr, TTY bool
	}
)
