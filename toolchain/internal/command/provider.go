// Package command is the plugin "command": it runs commands of this machine as parts of a Pulumi stack.
//
// It serves local.Command and local.run of the npm package @pulumi/command with the semantics of the vendor's plugin,
// except that a failure never quotes the script, and that secret inputs are taken out of everything shown. The
// remote.* resources are not in it.
package command

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

// Version is that of the npm package @pulumi/command whose inputs this plugin takes.
const Version = "1.2.1"

const (
	typeCommand = "command:local:Command"
	funcRun     = "command:local:run"
)

//go:embed schema.json
var schema []byte

// Host shows messages to the user. *provider.HostClient of Pulumi's SDK is one.
type Host interface {
	LogStatus(ctx context.Context, severity diag.Severity, urn resource.URN, message string) error
}

// Provider implements Pulumi's provider protocol.
type Provider struct {
	plugin.UnimplementedProvider
	host   Host
	life   context.Context
	cancel context.CancelFunc
}

var _ plugin.Provider = (*Provider)(nil)

// New returns a provider whose running commands end when life does, or when the engine cancels the update.
func New(life context.Context, host Host) *Provider {
	life, cancel := context.WithCancel(life)
	return &Provider{host: host, life: life, cancel: cancel}
}

// Handshake implements plugin.Provider: secrets and resource references arrive as such.
func (p *Provider) Handshake(
	context.Context, plugin.ProviderHandshakeRequest,
) (*plugin.ProviderHandshakeResponse, error) {
	return &plugin.ProviderHandshakeResponse{AcceptSecrets: true, AcceptResources: true}, nil
}

// GetPluginInfo implements plugin.Provider.
func (p *Provider) GetPluginInfo(context.Context) (plugin.PluginInfo, error) {
	version := semver.MustParse(Version)
	return plugin.PluginInfo{Version: &version}, nil
}

// GetSchema implements plugin.Provider.
func (p *Provider) GetSchema(context.Context, plugin.GetSchemaRequest) (plugin.GetSchemaResponse, error) {
	return plugin.GetSchemaResponse{Schema: schema}, nil
}

// CheckConfig implements plugin.Provider: the plugin has no settings.
func (p *Provider) CheckConfig(
	_ context.Context, req plugin.CheckConfigRequest,
) (plugin.CheckConfigResponse, error) {
	return plugin.CheckConfigResponse{Properties: req.News}, nil
}

// DiffConfig implements plugin.Provider.
func (p *Provider) DiffConfig(context.Context, plugin.DiffConfigRequest) (plugin.DiffConfigResponse, error) {
	return plugin.DiffResult{Changes: plugin.DiffNone}, nil
}

// Configure implements plugin.Provider.
func (p *Provider) Configure(context.Context, plugin.ConfigureRequest) (plugin.ConfigureResponse, error) {
	return plugin.ConfigureResponse{}, nil
}

// SignalCancellation implements plugin.Provider: running commands are stopped, and no new ones start.
func (p *Provider) SignalCancellation(context.Context) error {
	p.cancel()
	return nil
}

// Close implements plugin.Provider.
func (p *Provider) Close() error {
	p.cancel()
	return nil
}

// run executes a script for one resource or function call.
func (p *Provider) run(
	ctx context.Context, urn resource.URN, script string, inputs resource.PropertyMap, previous result,
) (result, settings, error) {
	s := readSettings(inputs)
	if p.life.Err() != nil {
		return result{}, s, errStopped
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(p.life, cancel)()
	out, err := execute(ctx, script, s, previous, func(line string) {
		// A line that cannot be shown is no reason to fail the command.
		_ = p.host.LogStatus(ctx, diag.Info, urn, line)
	})
	return out, s, err
}

func unknownType(token string) error {
	return fmt.Errorf("%s is not in this build of the plugin, which has %s and %s alone: "+
		"use the vendor's plugin for the others (BERTH_PULUMI_CLI=download)", token, typeCommand, funcRun)
}
