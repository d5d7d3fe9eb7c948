// Package v3 has the parts of an OpenAPI 3 document that Pulumi's CLI names.
package v3

import (
	"github.com/pb33f/libopenapi/datamodel/high/base"
	"github.com/pb33f/libopenapi/orderedmap"
	"go.yaml.in/yaml/v4"
)

// Document is an API description.
type Document struct {
	Info       *Info
	Paths      *Paths
	Components *Components
}

// Info is about the description itself.
type Info struct{ Version string }

// Components are what the rest refers to.
type Components struct {
	Schemas *orderedmap.Map[string, *base.SchemaProxy]
}

// Paths are the addresses of the API.
type Paths struct {
	PathItems *orderedmap.Map[string, *PathItem]
}

// PathItem is one address.
type PathItem struct {
	Get, Post, Put, Delete, Patch, Head *Operation
}

// Operation is one method of an address.
type Operation struct {
	OperationId string
	Summary     string
	Description string
	Tags        []string
	Deprecated  *bool
	Parameters  []*Parameter
	RequestBody *RequestBody
	Responses   *Responses
	Extensions  *orderedmap.Map[string, *yaml.Node]
}

// Parameter of an operation.
type Parameter struct {
	Name        string
	In          string
	Description string
	Required    *bool
	Schema      *base.SchemaProxy
}

// RequestBody of an operation.
type RequestBody struct {
	Content *orderedmap.Map[string, *MediaType]
}

// Responses of an operation.
type Responses struct {
	Codes   *orderedmap.Map[string, *Response]
	Default *Response
}

// Response with one code.
type Response struct {
	Description string
	Content     *orderedmap.Map[string, *MediaType]
}

// MediaType of a body.
type MediaType struct{ Schema *base.SchemaProxy }
