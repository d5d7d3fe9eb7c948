// Package shim hands out the Terraform provider for Docker, which lives in an internal package: Go lets only modules
// below its own path import it, so this module carries such a path.
package shim

import (
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/terraform-providers/terraform-provider-docker/internal/provider"
)

// NewProvider returns the provider. version appears in its user agent alone.
func NewProvider(version string) *schema.Provider { return provider.New(version)() }
