// Package docker is the plugin "docker": Terraform's provider for Docker behind Pulumi's bridge.
//
// Resources and properties carry the names that the npm package @pulumi/docker 5.2.0 uses. The vendor's plugin has two
// resources more, docker.Image and docker.BuildxBuilder: images are built with docker.RemoteImage here.
package docker

import (
	"unicode"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/terraform-providers/terraform-provider-docker/shim"
)

// Version is that of the npm package @pulumi/docker whose resources this plugin serves.
const Version = "5.2.0"

// longestName is the longest name that the plugin makes up for a resource without one.
const longestName = 255

// Info describes how Terraform's resources appear in Pulumi.
func Info() tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P:           shimv2.NewProvider(shim.NewProvider(Version)),
		Name:        "docker",
		Version:     Version,
		Description: "Docker containers, images, networks and volumes.",
		License:     "MPL-2.0",
		Repository:  "https://github.com/kreuzwerker/terraform-provider-docker",
		Config: map[string]*tfbridge.SchemaInfo{
			"host": {Default: &tfbridge.DefaultInfo{
				EnvVars: []string{"DOCKER_HOST"}, Value: "unix:///var/run/docker.sock",
			}},
			// A list, although its name is singular.
			"registry_auth": {Name: "registryAuth", MaxItemsOne: tfbridge.False()},
		},
		Resources: map[string]*tfbridge.ResourceInfo{
			"docker_config": {Tok: resource("ServiceConfig")},
			"docker_container": {
				Tok: resource("Container"),
				// A replacement usually claims the name or the ports of the container it replaces.
				DeleteBeforeReplace: true,
				Fields: map[string]*tfbridge.SchemaInfo{
					// Both are lists that @pulumi/docker does not put into the plural.
					"command":           {Name: "command"},
					"networks_advanced": {Name: "networksAdvanced"},
				},
			},
			"docker_image": {
				Tok: resource("RemoteImage"),
				// The name is a reference to what is pulled or built: it is never made up.
				Fields: map[string]*tfbridge.SchemaInfo{"name": {Name: "name"}},
			},
			"docker_network":        {Tok: resource("Network")},
			"docker_plugin":         {Tok: resource("Plugin")},
			"docker_registry_image": {Tok: resource("RegistryImage")},
			"docker_secret":         {Tok: resource("Secret")},
			"docker_service":        {Tok: resource("Service")},
			"docker_tag":            {Tok: resource("Tag")},
			"docker_volume":         {Tok: resource("Volume")},
		},
		DataSources: map[string]*tfbridge.DataSourceInfo{
			"docker_image":                    {Tok: function("getRemoteImage")},
			"docker_logs":                     {Tok: function("getLogs")},
			"docker_network":                  {Tok: function("getNetwork")},
			"docker_plugin":                   {Tok: function("getPlugin")},
			"docker_registry_image":           {Tok: function("getRegistryImage")},
			"docker_registry_image_manifests": {Tok: function("getRegistryImageManifests")},
		},
		IgnoreMappings: []string{"docker_buildx_builder"},
	}
	info.SetAutonaming(longestName, "-")
	return info
}

// resource makes the token that @pulumi/docker gives a resource, such as docker:index/container:Container.
func resource(name string) tokens.Type {
	return tokens.Type("docker:index/" + lowerFirst(name) + ":" + name)
}

// function makes the token of a function, such as docker:index/getNetwork:getNetwork.
func function(name string) tokens.ModuleMember {
	return tokens.ModuleMember("docker:index/" + name + ":" + name)
}

func lowerFirst(name string) string {
	runes := []rune(name)
	runes[0] = unicode.ToLower(runes[0])
	return string(runes)
}
