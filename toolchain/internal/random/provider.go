// Package random is the plugin "random": Terraform's provider for random values behind Pulumi's bridge.
//
// Resources carry the names that the npm package @pulumi/random 4.21.2 uses. The vendor's plugin has two more,
// RandomUuid4 and RandomUuid7.
package random

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	bridge "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/terraform-providers/terraform-provider-random/shim"
)

// Version is that of the npm package @pulumi/random whose resources this plugin serves.
const Version = "4.21.2"

// Info describes how Terraform's resources appear in Pulumi.
func Info() bridge.ProviderInfo {
	info := bridge.ProviderInfo{
		P:            tfbridge.ShimProvider(shim.NewProvider()),
		Name:         "random",
		Version:      Version,
		Description:  "Random values that stay the same until their resource is replaced.",
		License:      "MPL-2.0",
		Repository:   "https://github.com/hashicorp/terraform-provider-random",
		MetadataInfo: bridge.NewProviderMetadata([]byte("{}")),
		Resources: map[string]*bridge.ResourceInfo{
			"random_bytes":  {ComputeID: bytesID},
			"random_string": {PreStateUpgradeHook: assumeStateVersion},
		},
		EnableAccurateBridgePreview: true,
		EnableRawStateDelta:         true,
	}
	standard := tokens.MakeStandard(info.Name)
	info.MustComputeTokens(tokens.SingleModule("random_", "index", func(module, name string) (string, error) {
		return standard(module, "Random"+name)
	}))
	return info
}

// bytesID gives RandomBytes an id, which Terraform's resource has not. Ids are plain text in the state while the
// bytes are secret, so it is a digest of them; the vendor's plugin uses the bytes themselves.
func bytesID(_ context.Context, state resource.PropertyMap) (resource.ID, error) {
	value := state["base64"]
	for value.IsSecret() {
		value = value.SecretValue().Element
	}
	if !value.IsString() {
		return "", errors.New("random: the new bytes have no property base64, so they cannot be given an id")
	}
	digest := sha256.Sum256([]byte(value.StringValue()))
	return resource.ID(hex.EncodeToString(digest[:16])), nil
}

// assumeStateVersion reads RandomString states of early versions of the vendor's plugin, which lack the mark of their
// version, as version 1, the oldest that the provider can upgrade.
func assumeStateVersion(args bridge.PreStateUpgradeHookArgs) (int64, resource.PropertyMap, error) {
	return max(args.PriorStateSchemaVersion, 1), args.PriorState, nil
}
