// Shows each moment in the zone of the visitor, whose browser alone knows it. Without JavaScript they stay in UTC.
const local = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" })

for (const element of document.querySelectorAll("time[datetime]")) {
  element.title = element.textContent
  element.textContent = local.format(new Date(element.dateTime))
}
