package npmnames

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

func text() schema.PropertySpec {
	return schema.PropertySpec{TypeSpec: schema.TypeSpec{Type: "string"}}
}

func listOf(item schema.TypeSpec) schema.PropertySpec {
	return schema.PropertySpec{TypeSpec: schema.TypeSpec{Type: "array", Items: &item}}
}

func nested(token string) schema.TypeSpec { return schema.TypeSpec{Ref: "#/types/" + token} }

func object(properties map[string]schema.PropertySpec) schema.ComplexTypeSpec {
	return schema.ComplexTypeSpec{ObjectTypeSpec: schema.ObjectTypeSpec{Type: "object", Properties: properties}}
}

func spec() schema.PackageSpec {
	return schema.PackageSpec{Types: map[string]schema.ComplexTypeSpec{
		"p:index/ThingLabel:ThingLabel": object(map[string]schema.PropertySpec{"label": text(), "value": text()}),
		"p:index/ThingCheck:ThingCheck": object(map[string]schema.PropertySpec{"tests": listOf(schema.TypeSpec{Type: "string"})}),
	}}
}

func thing() map[string]schema.PropertySpec {
	return map[string]schema.PropertySpec{
		"name":    text(),
		"labels":  listOf(nested("p:index/ThingLabel:ThingLabel")),
		"options": {TypeSpec: schema.TypeSpec{Type: "object", AdditionalProperties: &schema.TypeSpec{Type: "string"}}},
		"check":   {TypeSpec: nested("p:index/ThingCheck:ThingCheck")},
		"newer":   text(), // only the plugin knows it
	}
}

func compare(t *testing.T, change func(map[string]schema.PropertySpec, schema.PackageSpec)) []string {
	t.Helper()
	npm, err := Open(filepath.Join("testdata", "package"))
	if err != nil {
		t.Fatal(err)
	}
	properties, types := thing(), spec()
	change(properties, types)
	return npm.Compare("ThingArgs", properties, types)
}

func TestCompareFindsEveryKindOfDifference(t *testing.T) {
	cases := []struct {
		name   string
		change func(map[string]schema.PropertySpec, schema.PackageSpec)
		want   []string
	}{
		{"none", func(map[string]schema.PropertySpec, schema.PackageSpec) {}, nil},
		{"another name", func(p map[string]schema.PropertySpec, _ schema.PackageSpec) { delete(p, "name") },
			[]string{"ThingArgs.name is not in the plugin's schema"}},
		{"one value for a list", func(p map[string]schema.PropertySpec, _ schema.PackageSpec) {
			p["labels"] = schema.PropertySpec{TypeSpec: nested("p:index/ThingLabel:ThingLabel")}
		}, []string{"ThingArgs.labels is a list in the package and a single value in the plugin"}},
		{"a list for one value", func(p map[string]schema.PropertySpec, _ schema.PackageSpec) {
			p["check"] = listOf(nested("p:index/ThingCheck:ThingCheck"))
		}, []string{"ThingArgs.check is a single value in the package and a list in the plugin"}},
		{"a list for a map", func(p map[string]schema.PropertySpec, _ schema.PackageSpec) {
			p["options"] = listOf(schema.TypeSpec{Type: "string"})
		}, []string{"ThingArgs.options is a map in the package and a list in the plugin"}},
		{"another nested name", func(_ map[string]schema.PropertySpec, s schema.PackageSpec) {
			delete(s.Types["p:index/ThingLabel:ThingLabel"].Properties, "value")
		}, []string{"ThingLabel.value is not in the plugin's schema"}},
		{"no nested type", func(_ map[string]schema.PropertySpec, s schema.PackageSpec) {
			delete(s.Types, "p:index/ThingCheck:ThingCheck")
		}, []string{"ThingArgs.check has no nested type in the plugin"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := compare(t, c.change); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestAnInterfaceThatIsNotThereIsSaidToBe(t *testing.T) {
	npm, err := Open(filepath.Join("testdata", "package"))
	if err != nil {
		t.Fatal(err)
	}
	if got := npm.Compare("OtherArgs", nil, spec()); len(got) != 1 {
		t.Errorf("got %q", got)
	}
	if _, err := Open("testdata/nothing"); err == nil {
		t.Error("a package that is not there opens")
	}
}
