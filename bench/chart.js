// Charts as SVG, each on a background of its own, so that they read alike on light and dark pages.
import * as echarts from "echarts"
import { databaseTitles } from "./table.js"
import { figureOf } from "./statistics.js"

const WIDTH = 984
const ours = "rust-auth-adapter"
const text = "#24292f"
const quiet = "#57606a"
const font = "Helvetica, Arial, sans-serif"
/** Ours stands out; bare drivers and limits are not adapters. */
const colours = { ours: "#c2410c", adapter: "#3b6ea5", driver: "#94a3b8", limit: "#cbd5e1" }
const lines = {
  [ours]: "#c2410c",
  Drizzle: "#3b6ea5",
  Prisma: "#7c5cbf",
  Kysely: "#2f855a",
  "@auth/pg-adapter": "#b7791f",
}
const greys = ["#64748b", "#94a3b8", "#475569"]

const short = (value) =>
  new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: value < 10_000 ? 2 : 3 })
    .format(value)
    .replace("K", "k")

function render(width, height, option) {
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width, height })
  chart.setOption({
    animation: false,
    backgroundColor: "#ffffff",
    textStyle: { fontFamily: font, color: text },
    ...option,
  })
  const svg = chart.renderToSVGString()
  chart.dispose()
  return `${svg.trim()}\n`
}

const heading = (left, top, title, small) => ({
  left,
  top,
  text: title,
  subtext: small,
  itemGap: 5,
  padding: 0,
  textStyle: { fontSize: 15, color: text, fontFamily: font },
  subtextStyle: { fontSize: 12, color: quiet, fontFamily: font },
})

const present = (measurements) =>
  Object.keys(databaseTitles).filter((database) => measurements.some((each) => each.database === database))

/** Look-ups per second at `callers`, a panel of bars for each database, the fastest first. */
export function throughputChart({ measurements }, callers = 32) {
  const chosen = measurements.filter((each) => each.work === "lookUp" && each.callers === callers)
  return bars({
    title: `Session look-ups per second, ${callers} callers`,
    small: "longer is better; median of the rounds",
    panels: present(chosen).map((database) => ({
      title: databaseTitles[database],
      bars: chosen
        .filter((each) => each.database === database)
        .map((each) => ({ name: each.contestant, kind: each.kind, value: figureOf(each, "throughput") }))
        .sort((a, b) => a.value - b.value),
    })),
    label: short,
    legend: ["ours", "adapter", "driver", "limit"],
  })
}

/** What the colours say. */
const meanings = {
  ours: "this adapter",
  adapter: "other adapters",
  driver: "bare driver, no adapter",
  limit: "pgbench: the server's limit",
}

/** Panels of bars, `{ title, bars: { name, kind, value } }`, the last bar on top. */
export function bars({ title, small, panels, label, legend }) {
  const option = { title: [heading(24, 18, title, small)], grid: [], xAxis: [], yAxis: [], series: [] }
  let top = 66
  for (const [index, { title, bars }] of panels.entries()) {
    const height = bars.length * 25
    option.title.push({
      ...heading(24, top, title),
      textStyle: { fontSize: 13, color: text, fontFamily: font },
    })
    option.grid.push({ left: 150, right: 70, top: top + 22, height })
    option.xAxis.push({ gridIndex: index, type: "value", show: false })
    option.yAxis.push({
      gridIndex: index,
      type: "category",
      data: bars.map(({ name }) => name),
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: {
        color: text,
        fontSize: 12,
        fontFamily: font,
        formatter: (name) => (name === ours ? `{ours|${name}}` : name),
        rich: { ours: { fontWeight: "bold", fontSize: 12, color: text } },
      },
    })
    option.series.push({
      type: "bar",
      xAxisIndex: index,
      yAxisIndex: index,
      barWidth: 16,
      data: bars.map(({ name, kind, value }) => ({
        value,
        itemStyle: { color: colours[name === ours ? "ours" : kind], borderRadius: [0, 2, 2, 0] },
      })),
      label: {
        show: true,
        position: "right",
        color: text,
        fontSize: 12,
        fontFamily: font,
        formatter: ({ value }) => label(value),
      },
    })
    top += 22 + height + 18
  }
  option.graphic = legend.flatMap((kind, index) => [
    {
      type: "rect",
      left: 24 + index * 190,
      top: top + 5,
      shape: { width: 12, height: 12, r: 2 },
      style: { fill: colours[kind] },
    },
    {
      type: "text",
      left: 42 + index * 190,
      top: top + 5,
      style: { text: meanings[kind], fill: quiet, fontSize: 12, fontFamily: font },
    },
  ])
  return render(WIDTH, top + 36, option)
}

/** Look-ups per second over the number of callers, a panel for each database. */
export function scalingChart({ measurements }) {
  const chosen = measurements.filter((each) => each.work === "lookUp")
  const databases = present(chosen)
  const levels = [...new Set(chosen.map(({ callers }) => callers))].sort((a, b) => a - b)
  const width = (WIDTH - 24) / databases.length
  const plot = { top: 96, height: 280 }
  const option = {
    title: [
      heading(
        24,
        18,
        "Session look-ups per second, by callers at once",
        "higher is better; logarithmic; median of the rounds",
      ),
    ],
    grid: [],
    xAxis: [],
    yAxis: [],
    series: [],
  }
  databases.forEach((database, index) => {
    const curves = curvesOf(
      chosen.filter((each) => each.database === database),
      levels,
    )
    const values = curves.flatMap(({ points }) => points).filter(Boolean)
    const [min, max] = [roundDown(Math.min(...values)), roundUp(Math.max(...values))]
    const left = 24 + index * width
    option.title.push({
      ...heading(left, 68, databaseTitles[database]),
      textStyle: { fontSize: 13, color: text, fontFamily: font },
    })
    option.grid.push({ left: left + 40, width: width - 168, ...plot })
    const axis = {
      gridIndex: index,
      axisLabel: { color: quiet, fontFamily: font },
      splitLine: { lineStyle: { color: "#e5e7eb" } },
    }
    option.xAxis.push({
      ...axis,
      type: "category",
      data: levels,
      boundaryGap: false,
      axisLine: { lineStyle: { color: quiet } },
    })
    option.yAxis.push({ ...axis, type: "log", min, max, axisLabel: { ...axis.axisLabel, formatter: short } })
    const height = (value) => plot.height * (1 - Math.log(value / min) / Math.log(max / min))
    const offsets = apart(
      curves.map(({ points }) => height(points.at(-1))),
      14,
    )
    curves.forEach(({ name, points, colour, dashed }, place) =>
      option.series.push({
        name,
        type: "line",
        xAxisIndex: index,
        yAxisIndex: index,
        symbol: "circle",
        symbolSize: name === ours ? 7 : 5,
        data: points,
        z: name === ours ? 3 : 2,
        itemStyle: { color: colour },
        lineStyle: { color: colour, width: name === ours ? 3.5 : 1.75, type: dashed ? "dashed" : "solid" },
        endLabel: {
          show: true,
          formatter: "{a}",
          color: colour,
          fontSize: 11,
          fontFamily: font,
          offset: [0, offsets[place]],
          fontWeight: name === ours ? "bold" : "normal",
        },
      }),
    )
  })
  return render(WIDTH, plot.top + plot.height + 40, option)
}

function curvesOf(measurements, levels) {
  let grey = 0
  const names = [...new Set(measurements.map(({ contestant }) => contestant))]
  return names.map((name) => ({
    name,
    points: levels.map((callers) => {
      const found = measurements.find((each) => each.contestant === name && each.callers === callers)
      return found ? figureOf(found, "throughput") : null
    }),
    dashed: !lines[name],
    colour: lines[name] ?? greys[grey++],
  }))
}

const steps = [1, 2, 5, 10]
const power = (value) => 10 ** Math.floor(Math.log10(value))
const roundDown = (value) => power(value) * steps.findLast((step) => step <= value / power(value))
const roundUp = (value) => power(value) * steps.find((step) => step >= value / power(value))

/** How far each of `positions` has to move so that any two are `distance` apart. */
function apart(positions, distance) {
  const order = positions.map((position, index) => ({ position, index })).sort((a, b) => a.position - b.position)
  const placed = order.map(({ position }) => position)
  // Neighbours push each other away by half until no label is in another one's way.
  for (let pass = 0; pass < 200; pass++) {
    for (let i = 1; i < placed.length; i++) {
      const overlap = distance - (placed[i] - placed[i - 1])
      if (overlap > 0) [placed[i - 1], placed[i]] = [placed[i - 1] - overlap / 2, placed[i] + overlap / 2]
    }
  }
  const offsets = []
  order.forEach(({ position, index }, place) => {
    offsets[index] = placed[place] - position
  })
  return offsets
}
