import assert from "node:assert/strict";
import { test } from "node:test";
import express from "express";
import type { Access } from "./access.ts";
import { type Gate, mountRoutes } from "./mount-routes.ts";
import { defineRoute } from "./route.ts";

/** Nothing passes the gate while routes are mounted. */
const gate = {} as Gate;

const route = (path: string, access: unknown) =>
  defineRoute({
    method: "get",
    path,
    access: access as Access,
    summary: path,
    answers: {},
    handle: () => ({ status: 204 }),
  });

test("routes with an access of an earlier release are refused at start, all of them, with what to write", () => {
  const routes = [
    route("/one", { resource: "boats", level: "edit" }),
    route("/two", { resource: "boats", action: "view" }),
    route("/three", { resource: "crews" }),
    route("/four", "staff"),
  ];
  assert.throws(
    () => {
      mountRoutes(express.Router(), routes, gate);
    },
    {
      message: [
        'GET /one: access needs an action in place of level: write { resource: "boats", action: … } with "add" or "change".',
        'GET /three: access needs an action in place of level: write { resource: "crews", action: … } with "view", "add", "change" or "delete".',
      ].join("\n"),
    },
  );
});
