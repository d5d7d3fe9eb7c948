// Package errors has the questions about Kubernetes' errors that buildx asks. See leftout/README.md.
package errors

// IsNotFound is false: there are no such errors here.
func IsNotFound(error) bool { return false }

// IsAlreadyExists is false: there are no such errors here.
func IsAlreadyExists(error) bool { return false }
