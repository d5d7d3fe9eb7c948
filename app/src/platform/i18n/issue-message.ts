import { z } from "zod";
import type { MessageKey, Translator } from "./translator.ts";

type Issue = Parameters<z.core.$ZodErrorMap>[0];

const formats: Readonly<Record<string, MessageKey>> = {
  email: "issueEmail",
  date: "issueDate",
  datetime: "issueMoment",
};

const types: Readonly<Record<string, MessageKey>> = {
  number: "issueNumber",
  int: "issueWhole",
  boolean: "issueYesNo",
};

function tooSmall({ origin, minimum }: z.core.$ZodIssueTooSmall, { t }: Translator): string {
  const limit = String(minimum);
  if (origin !== "string") return t("issueTooSmall", { limit });
  return Number(minimum) === 1 ? t("issueMissing") : t("issueTooShort", { count: limit });
}

/**
 * What is wrong with a value, as a sentence for its author. Schemas take it as their `error`; for
 * what it has no words, zod's own are taken.
 */
export function issueMessage(words: Translator): (issue: Issue) => string | undefined {
  const { t } = words;
  const others = (issue: Issue) => {
    const said = words.locale === "ru" ? z.locales.ru().localeError(issue) : undefined;
    return typeof said === "object" ? said?.message : said;
  };
  return (issue) => {
    switch (issue.code) {
      case "invalid_type":
        if (issue.input === undefined || issue.input === null) return t("issueMissing");
        return t(types[issue.expected] ?? "issueInvalid");
      case "invalid_value":
        if (issue.input === undefined) return t("issueMissing");
        return t("issueChoice", { values: issue.values.map(String).join(", ") });
      case "invalid_format":
        if (issue.input === "") return t("issueMissing");
        return formats[issue.format] ? t(formats[issue.format] ?? "issueInvalid") : others(issue);
      case "too_small":
        return tooSmall(issue as z.core.$ZodIssueTooSmall, words);
      case "too_big":
        return issue.origin === "string"
          ? t("issueTooLong", { count: String(issue.maximum) })
          : t("issueTooLarge", { limit: String(issue.maximum) });
      case "unrecognized_keys":
        return t("issueUnknown", { values: issue.keys.join(", ") });
      case "custom":
      case "invalid_element":
      case "invalid_key":
      case "invalid_union":
      case "not_multiple_of":
        return others(issue);
    }
  };
}
