package command

import "github.com/pulumi/pulumi/sdk/v3/go/common/resource"

// madeOutputs are what a command makes, beside its inputs.
var madeOutputs = []resource.PropertyKey{"stdout", "stderr", "assets", "archive"}

// wanted says whether a run with these inputs makes an output.
func wanted(inputs resource.PropertyMap, output resource.PropertyKey) bool {
	switch output {
	case "assets":
		return !inputs["assetPaths"].IsNull()
	case "archive":
		return !inputs["archivePaths"].IsNull()
	default:
		return true
	}
}

// keep takes over what an earlier run has made; a resource that never ran anything has printed nothing.
func keep(outputs, old resource.PropertyMap) {
	for _, key := range madeOutputs {
		if value, ok := old[key]; ok {
			outputs[key] = value
		} else if key == "stdout" || key == "stderr" {
			outputs[key] = resource.NewProperty("")
		}
	}
}

// hide makes every made output secret. A command can print any of its inputs, so one secret input is enough.
func hide(outputs resource.PropertyMap) {
	for _, key := range madeOutputs {
		if value, ok := outputs[key]; ok && !value.IsSecret() {
			outputs[key] = resource.MakeSecret(value)
		}
	}
}

// printed is what the last run has printed, for PULUMI_COMMAND_STDOUT and PULUMI_COMMAND_STDERR.
func printed(outputs resource.PropertyMap) result {
	return result{stdout: text(outputs, "stdout"), stderr: text(outputs, "stderr")}
}

// inputsOf takes the inputs out of a state that was written without them.
func inputsOf(outputs resource.PropertyMap) resource.PropertyMap {
	inputs := resource.PropertyMap{}
	for key := range commandInputs {
		if value, ok := outputs[key]; ok {
			inputs[key] = value
		}
	}
	return inputs
}
