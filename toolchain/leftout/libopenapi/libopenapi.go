// Package libopenapi stands in for the library of that name, which Pulumi's CLI uses for one thing: to describe the
// web API of Pulumi Cloud in `pulumi cloud api`. The library is a sixth of what the whole engine takes to compile, and
// an engine that is built here is for networks in which Pulumi's vendor cannot be reached. That command says so.
//
// The package has the types that the CLI names, and nothing behind them.
package libopenapi

import (
	"errors"

	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"
)

// Document is what NewDocument never returns.
type Document interface {
	BuildV3Model() (*DocumentModel[v3.Document], error)
}

// DocumentModel holds a parsed document.
type DocumentModel[T any] struct{ Model T }

// NewDocument always fails.
func NewDocument([]byte) (Document, error) {
	return nil, errors.New("this Pulumi was built without its reader of API descriptions; " +
		"use the vendor's build for this command")
}
