import * as pulumi from "@pulumi/pulumi";
import * as inputs from "./types/input";
/** A resource. */
export declare class Thing extends pulumi.CustomResource {
    readonly name: pulumi.Output<string>;
}
export interface ThingArgs {
    /**
     * The name; with a semicolon, and a { brace.
     */
    name?: pulumi.Input<string | undefined>;
    labels?: pulumi.Input<pulumi.Input<inputs.ThingLabel>[] | undefined>;
    options?: pulumi.Input<{
        [key: string]: pulumi.Input<string>;
    } | undefined>;
    check?: pulumi.Input<inputs.ThingCheck | undefined>;
}
