// Package base has the parts of an API description's schema that Pulumi's CLI names.
package base

import (
	"github.com/pb33f/libopenapi/orderedmap"
	"go.yaml.in/yaml/v4"
)

// Schema describes a value.
type Schema struct {
	Type                 []string
	Format               string
	Description          string
	Pattern              string
	Required             []string
	Enum                 []*yaml.Node
	Default              *yaml.Node
	AllOf, OneOf, AnyOf  []*SchemaProxy
	Properties           *orderedmap.Map[string, *SchemaProxy]
	Items                *DynamicValue[*SchemaProxy, bool]
	AdditionalProperties *DynamicValue[*SchemaProxy, bool]
	Discriminator        *Discriminator
	Extensions           *orderedmap.Map[string, *yaml.Node]
	ReadOnly, Nullable   *bool
	MinLength, MaxLength *int64
	Minimum, Maximum     *float64
	MultipleOf           *float64
}

// GoLow returns nothing.
func (*Schema) GoLow() *Low { return nil }

// MarshalJSONInline returns nothing.
func (*Schema) MarshalJSONInline() ([]byte, error) { return nil, nil }

// Low is a schema with its places in the document.
type Low struct{}

// Hash is zero, which the CLI takes for unknown.
func (*Low) Hash() uint64 { return 0 }

// SchemaProxy is a schema or a reference to one.
type SchemaProxy struct{}

// Schema returns nothing.
func (*SchemaProxy) Schema() *Schema { return nil }

// DynamicValue is one of two things.
type DynamicValue[A, B any] struct {
	A A
	B B
}

// IsA says that it is neither.
func (*DynamicValue[A, B]) IsA() bool { return false }

// Discriminator says which of several schemas a value has.
type Discriminator struct {
	PropertyName string
	Mapping      *orderedmap.Map[string, string]
}
