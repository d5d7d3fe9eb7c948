package docker

import (
	"regexp"
	"strings"
	"testing"
)

// resourceType finds the type token of a resource class in the npm package's code.
var resourceType = regexp.MustCompile(`__pulumiType = 'docker:index/\w+:(\w+)'`)

func lastPart(token string) string { return token[strings.LastIndex(token, ":")+1:] }

func TestTokensAreThoseOfTheNpmPackage(t *testing.T) {
	spec := makeSchema(t)
	for _, token := range []string{
		"docker:index/container:Container", "docker:index/remoteImage:RemoteImage", "docker:index/network:Network",
		"docker:index/volume:Volume", "docker:index/serviceConfig:ServiceConfig",
	} {
		if _, there := spec.Resources[token]; !there {
			t.Errorf("%s is not among the resources", token)
		}
	}
	for _, token := range []string{"docker:index/getNetwork:getNetwork", "docker:index/getRemoteImage:getRemoteImage"} {
		if _, there := spec.Functions[token]; !there {
			t.Errorf("%s is not among the functions", token)
		}
	}
}

func TestTheSchemaDescribesProperties(t *testing.T) {
	spec := makeSchema(t)
	container := spec.Resources["docker:index/container:Container"]
	described := 0
	for _, property := range container.InputProperties {
		if property.Description != "" {
			described++
		}
	}
	if described < len(container.InputProperties)*3/4 {
		t.Errorf("%d of %d inputs of Container are described", described, len(container.InputProperties))
	}
}

func TestContainersAreDeletedBeforeTheirReplacement(t *testing.T) {
	if !Info().Resources["docker_container"].DeleteBeforeReplace {
		t.Error("a container that replaces another one would meet it on the same ports")
	}
}
