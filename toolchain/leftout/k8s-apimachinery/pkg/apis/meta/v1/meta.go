// Package v1 has the parts of Kubernetes' object model that buildx names. See leftout/README.md.
package v1

// TypeMeta says what an object is.
type TypeMeta struct{ APIVersion, Kind string }

// ObjectMeta says which object it is.
type ObjectMeta struct {
	Namespace, Name     string
	Labels, Annotations map[string]string
}

// GroupVersion is a version of an API.
type GroupVersion struct{}

// String is empty.
func (GroupVersion) String() string { return "" }

// LabelSelector chooses objects.
type LabelSelector struct{ MatchLabels map[string]string }

// Selector is a parsed LabelSelector.
type Selector struct{}

// String is empty.
func (Selector) String() string { return "" }

// LabelSelectorAsSelector parses nothing.
func LabelSelectorAsSelector(*LabelSelector) (Selector, error) { return Selector{}, nil }

// Options of calls.
type (
	GetOptions    struct{}
	CreateOptions struct{}
	UpdateOptions struct{}
	DeleteOptions struct{}
	ListOptions   struct{ LabelSelector string }
)
