package command

import (
	"context"
	"errors"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

// Check implements plugin.Provider.
func (p *Provider) Check(_ context.Context, req plugin.CheckRequest) (plugin.CheckResponse, error) {
	if req.Type != typeCommand {
		return plugin.CheckResponse{}, unknownType(string(req.Type))
	}
	inputs, failures := checkInputs(req.News, commandInputs)
	return plugin.CheckResponse{Properties: inputs, Failures: failures}, nil
}

// Diff implements plugin.Provider: any change updates, a changed trigger replaces.
func (p *Provider) Diff(_ context.Context, req plugin.DiffRequest) (plugin.DiffResponse, error) {
	old := req.OldInputs
	if len(old) == 0 {
		old = inputsOf(req.OldOutputs)
	}
	diff := old.Diff(req.NewInputs, internal)
	if diff == nil {
		return plugin.DiffResult{Changes: plugin.DiffNone}, nil
	}
	result := plugin.DiffResult{
		Changes:      plugin.DiffSome,
		ChangedKeys:  diff.ChangedKeys(),
		DetailedDiff: plugin.NewDetailedDiffFromObjectDiff(diff, false),
	}
	for path, change := range result.DetailedDiff {
		if path == "triggers" || strings.HasPrefix(path, "triggers[") {
			change.Kind = change.Kind.AsReplace()
			result.DetailedDiff[path] = change
			result.ReplaceKeys = []resource.PropertyKey{"triggers"}
		}
	}
	return result, nil
}

// Create implements plugin.Provider.
func (p *Provider) Create(ctx context.Context, req plugin.CreateRequest) (plugin.CreateResponse, error) {
	id, err := resource.NewUniqueHex(req.Name, 8, 0)
	if err != nil {
		return plugin.CreateResponse{}, err
	}
	script := req.Properties["create"]
	outputs, err := p.apply(ctx, req.URN, script, req.Properties, resource.PropertyMap{}, req.Preview)
	return plugin.CreateResponse{ID: resource.ID(id), Properties: outputs}, err
}

// Update implements plugin.Provider: "update" runs, or "create" where there is none.
func (p *Provider) Update(ctx context.Context, req plugin.UpdateRequest) (plugin.UpdateResponse, error) {
	script := req.NewInputs["update"]
	if script.IsNull() {
		script = req.NewInputs["create"]
	}
	outputs, err := p.apply(ctx, req.URN, script, req.NewInputs, req.OldOutputs, req.Preview)
	return plugin.UpdateResponse{Properties: outputs}, err
}

// Delete implements plugin.Provider.
func (p *Provider) Delete(ctx context.Context, req plugin.DeleteRequest) (plugin.DeleteResponse, error) {
	inputs := req.Inputs
	if len(inputs) == 0 {
		inputs = inputsOf(req.Outputs)
	}
	if script := text(inputs, "delete"); script != "" {
		if _, _, err := p.run(ctx, req.URN, script, inputs, printed(req.Outputs)); err != nil {
			return plugin.DeleteResponse{Status: resource.StatusUnknown}, err
		}
	}
	return plugin.DeleteResponse{Status: resource.StatusOK}, nil
}

// Read implements plugin.Provider. What a command has done cannot be looked up, so its state stays as it is.
func (p *Provider) Read(_ context.Context, req plugin.ReadRequest) (plugin.ReadResponse, error) {
	if len(req.State) == 0 && len(req.Inputs) == 0 {
		return plugin.ReadResponse{}, errors.New(
			"a command cannot be imported: nothing outside the stack's state knows that it has run")
	}
	inputs := req.Inputs
	if len(inputs) == 0 {
		inputs = inputsOf(req.State)
	}
	return plugin.ReadResponse{
		ReadResult: plugin.ReadResult{ID: req.ID, Inputs: inputs, Outputs: req.State},
	}, nil
}

// Invoke implements plugin.Provider with the function local.run, which runs at every preview and update.
func (p *Provider) Invoke(ctx context.Context, req plugin.InvokeRequest) (plugin.InvokeResponse, error) {
	if req.Tok != funcRun {
		return plugin.InvokeResponse{}, unknownType(string(req.Tok))
	}
	inputs, failures := checkInputs(req.Args, runInputs)
	if text(inputs, "command") == "" && len(failures) == 0 {
		failures = []plugin.CheckFailure{{Property: "command", Reason: `"command" is required`}}
	}
	if len(failures) > 0 {
		return plugin.InvokeResponse{Failures: failures}, nil
	}
	outputs, err := p.apply(ctx, "", inputs["command"], inputs, resource.PropertyMap{}, false)
	return plugin.InvokeResponse{Properties: outputs}, err
}

// apply runs script and returns the outputs: the inputs and what the command has made. In a preview, and while the
// script is unknown, nothing runs, and what the command would make is unknown.
func (p *Provider) apply(
	ctx context.Context, urn resource.URN, script resource.PropertyValue,
	inputs, old resource.PropertyMap, preview bool,
) (resource.PropertyMap, error) {
	outputs := inputs.Copy()
	script = plain(script)
	switch {
	case script.IsNull():
		keep(outputs, old)
		return outputs, nil
	case preview:
		for _, key := range madeOutputs {
			if wanted(inputs, key) {
				outputs[key] = resource.MakeComputed(resource.NewProperty(""))
			}
		}
	default:
		out, s, err := p.run(ctx, urn, script.StringValue(), inputs, printed(old))
		if err != nil {
			return nil, err
		}
		outputs["stdout"] = resource.NewProperty(out.stdout)
		outputs["stderr"] = resource.NewProperty(out.stderr)
		if err := addFiles(outputs, s); err != nil {
			return nil, err
		}
	}
	if inputs.ContainsSecrets() {
		hide(outputs)
	}
	return outputs, nil
}
