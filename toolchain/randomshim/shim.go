// Package shim hands out the Terraform provider for random values, which lives in an internal package: Go lets only
// modules below its own path import it, so this module carries such a path.
package shim

import (
	"github.com/hashicorp/terraform-plugin-framework/provider"

	random "github.com/terraform-providers/terraform-provider-random/internal/provider"
)

// NewProvider returns the provider.
func NewProvider() provider.Provider { return random.New() }
