import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";

/**
 * The files of the checkout that a TypeScript file loads when it runs: its imports and re-exports
 * without those of types, which are gone by then, and imports inside functions, which run later.
 * @param file path from the root
 * @returns paths from the root, in the order of the file
 */
export function valueImports(root: string, file: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(join(root, file), "utf8"), ts.ScriptTarget.Latest);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const from = moduleOf(node);
    if (from?.startsWith(".") === true) found.push(join(dirname(file), from));
    ts.forEachChild(node, visit);
  };
  visit(source);
  return [...new Set(found)];
}

function moduleOf(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) && !isOfTypes(node.importClause)) return textOf(node.moduleSpecifier);
  if (ts.isExportDeclaration(node) && !node.isTypeOnly) return textOf(node.moduleSpecifier);
  const imports = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
  return imports ? textOf(node.arguments[0]) : undefined;
}

function isOfTypes(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const named = clause.namedBindings;
  if (clause.name !== undefined || named === undefined || !ts.isNamedImports(named)) return false;
  return named.elements.every(({ isTypeOnly }) => isTypeOnly);
}

function textOf(node: ts.Expression | undefined): string | undefined {
  return node !== undefined && ts.isStringLiteralLike(node) ? node.text : undefined;
}
