/** Secrets: written as `${NAME}` in project files, put in when a system is opened, never printed. */
import { failure } from "#base/errors";

const placeholder = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/**
 * The settings with every `${NAME}` in a text replaced by its value from the environment.
 *
 * @throws SECRET_MISSING naming the variable and where it is wanted, never a value
 */
export function resolveSecrets<Settings extends object>(
  settings: Settings,
  environment: Readonly<Record<string, string | undefined>>,
  where: string,
): Settings {
  return Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [
      key,
      typeof value === "string" ? resolve(value, environment, where) : (value as unknown),
    ]),
  ) as Settings;
}

function resolve(text: string, environment: Readonly<Record<string, string | undefined>>, where: string): string {
  return text.replace(placeholder, (_whole, name: string) => {
    const value = environment[name];
    if (value === undefined || value === "") throw failure("SECRET_MISSING", { name, where });
    return value;
  });
}

/** A text without the passwords of the connection URLs in it. */
export function redact(text: string): string {
  return text.replace(/\b([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s@]*@/gi, "$1:***@");
}
