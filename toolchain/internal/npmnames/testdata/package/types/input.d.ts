import * as pulumi from "@pulumi/pulumi";
export interface ThingLabel {
    label: pulumi.Input<string>;
    value: pulumi.Input<string>;
}
export interface ThingCheck {
    tests: pulumi.Input<pulumi.Input<string>[]>;
}
