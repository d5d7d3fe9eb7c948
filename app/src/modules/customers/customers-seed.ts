import type { Database } from "../../platform/database/open-database.ts";

const given = [
  "Anna",
  "Boris",
  "Clara",
  "David",
  "Elena",
  "Felix",
  "Galina",
  "Henrik",
  "Irina",
  "Jonas",
  "Ksenia",
  "Lars",
];
const family = [
  "Arkhipov",
  "Berg",
  "Chen",
  "Dubois",
  "Egorova",
  "Fischer",
  "Gruber",
  "Haas",
  "Ivanova",
  "Jansen",
];
const cities = ["Berlin", "Kazan", "Lyon", "Moscow", "Oslo", "Tver", "Vienna"];
const companies = ["Northwind", "Aurora Labs", "Kontor 9", "", "Baltic Freight", "Papertrail"];
const halls = ["east", "west", "forum"];

/** Sample customers and visits. Runs as often as one likes: known addresses are left alone. */
export async function seedCustomers(database: Database): Promise<void> {
  const people = Array.from({ length: 120 }, (_, index) => {
    const name = `${given[index % given.length] ?? ""} ${family[index % family.length] ?? ""}`;
    return {
      name,
      email: `${name.toLowerCase().replace(" ", ".")}.${index}@example.test`,
      company: companies[index % companies.length],
      city: cities[index % cities.length],
    };
  });
  const rows = await database("customers")
    .insert(people)
    .onConflict(database.raw("(lower(email))"))
    .ignore()
    .returning<{ id: number }[]>("id");
  if (rows.length === 0) return;
  await database("visits").insert(
    rows.map(({ id }, index) => ({
      customer_id: id,
      hall: halls[index % halls.length],
      day: `2026-11-${String(1 + (index % 28)).padStart(2, "0")}`,
      guests: index % 4,
    })),
  );
}
