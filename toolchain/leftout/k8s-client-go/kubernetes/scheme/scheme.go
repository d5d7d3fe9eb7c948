// Package scheme has the codec that buildx names. See leftout/README.md.
package scheme

// ParameterCodec encodes nothing.
var ParameterCodec any
