// Package resource has the amounts that buildx names. See leftout/README.md.
package resource

import "errors"

// Quantity is an amount of something.
type Quantity struct{}

// ParseQuantity always fails.
func ParseQuantity(string) (Quantity, error) {
	return Quantity{}, errors.New("this plugin was built without Kubernetes")
}
