# SPDX-License-Identifier: Apache-2.0
"""Gives a dashboard Grafana's form, by its published schema. Ids are counted, so that the same description is the same text."""

import itertools
import json

from grafana_foundation_sdk.builders import common as common_builders
from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.builders import prometheus, stat, timeseries
from grafana_foundation_sdk.cog import builder as cog_builder
from grafana_foundation_sdk.cog import variants
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common, dashboard, units

from .back_ends import Ask, Text

LEAST_INTERVAL = "10s"  # as often as conf/flink reports
RECENT = "2m"  # what was not reported for so long is not there any more, for a number of InfluxDB; Prometheus is told it sooner


# Of annotations Grafana replaces only the first $timeFilter.
SHOWN = "time >= ${__from}ms AND time <= ${__to}ms"
UNITS = {unit for unit in vars(units).values() if isinstance(unit, str)}  # those that Grafana knows


class InfluxQuery(variants.Dataquery):
    """The schema has none for InfluxQL."""

    def __init__(self, query, legend, ref_id, source):
        self.json = {"datasource": source, "query": query, "rawQuery": True, "resultFormat": "time_series", "alias": legend,
                     "refId": ref_id}

    def to_json(self):
        return self.json


class Built(cog_builder.Builder):
    def __init__(self, model):
        self.model = model

    def build(self):
        return self.model


def source(end):
    return dashboard.DataSourceRef(type_val=end.plugin, uid="${datasource}")


def target(end, board, panel, ask, ref_id):
    spelt = end.spell(ask, board, panel.kind == "stat")
    if end.name == "influxdb":
        return Built(InfluxQuery(spelt, end.legend(ask), ref_id, source(end)))
    query = prometheus.Dataquery().expr(spelt).legend_format(end.legend(ask)).ref_id(ref_id).datasource(source(end))
    return query.instant() if panel.kind == "stat" else query.range()


def thresholds(panel):
    steps = [dashboard.Threshold(value=None, color=panel.fine)]
    steps += [dashboard.Threshold(value=value, color=colour) for value, colour in panel.limits]
    return builders.ThresholdsConfig().mode(dashboard.ThresholdsMode.ABSOLUTE).steps(steps)


def mapped(words):
    options = {value: dashboard.ValueMappingResult(text=text, index=index) for index, (value, text) in enumerate(words.items())}
    return [dashboard.ValueMap(options=options)]


def drawn(panel, end):
    if panel.kind == "stat":
        made = stat.Panel().graph_mode(common.BigValueGraphMode.NONE).color_mode(common.BigValueColorMode.VALUE)
        made.reduce_options(common_builders.ReduceDataOptions().calcs(["lastNotNull"]))
        made.color_scheme(builders.FieldColor().mode(dashboard.FieldColorModeId.THRESHOLDS))
        is_total = all(isinstance(ask, Ask) and ask.how == "total" for ask in panel.asks[end.name])
        if end.name == "influxdb" and not is_total:
            made.time_from(RECENT).hide_time_override(True)
        return made
    made = timeseries.Panel().line_width(1).fill_opacity(10 if not panel.stack else 40).show_points(common.VisibilityMode.NEVER)
    made.legend(common_builders.VizLegendOptions().display_mode(common.LegendDisplayMode.LIST)
                .placement(common.LegendPlacement.BOTTOM).show_legend(True).calcs([]))
    made.tooltip(common_builders.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI).sort(common.SortOrder.DESCENDING))
    made.color_scheme(builders.FieldColor().mode(dashboard.FieldColorModeId.PALETTE_CLASSIC))
    made.span_nulls(60_000)  # milliseconds: a report that was lost is no gap, a task that ended is
    if panel.stack:
        made.stacking(common_builders.StackingConfig().mode(common.StackingMode.NORMAL).group("A"))
    if panel.limits:
        made.thresholds_style(common_builders.GraphThresholdsStyleConfig().mode(common.GraphThresholdsStyleMode.DASHED))
    return made


def painted(panel, board, end, number):
    unit = panel.units.get(end.name, panel.unit)
    assert unit in UNITS, f"Grafana has no unit {unit}"
    made = drawn(panel, end).id(number).title(panel.title).description(panel.about).unit(unit)
    made.span(panel.width).height(panel.height).datasource(source(end)).interval(LEAST_INTERVAL).thresholds(thresholds(panel))
    if panel.least is not None:
        made.min(panel.least)
    if panel.most is not None:
        made.max(panel.most)
    if panel.decimals is not None:
        made.decimals(panel.decimals)
    if panel.words:
        made.mappings(mapped(panel.words))
    if panel.leads_to:
        name, variable, label = panel.leads_to
        url = (f"/d/{uid(name, end)}?var-{variable}=${{__field.labels.{label}}}&${{{board.database.name}:queryparam}}"
               "&${datasource:queryparam}&${__url_time_range}")
        made.data_links([builders.DashboardLink("Show it alone").url(url)])
    for letter, ask in zip("ABCDEFGH", panel.asks[end.name]):
        made.with_target(target(end, board, panel, ask, letter))
    return made


def uid(name, end):
    return f"weir-{name}-{end.name}"


def variables(board, end):
    yield (builders.DatasourceVariable("datasource").label(end.title).type(end.plugin)
           .current(dashboard.VariableOption(text=end.title, value=f"weir-{end.name}")))
    databases = end.databases(board.database.of)
    if databases:
        usual = board.database.usual
        yield (query_variable(board.database.name, board.database.title, databases, end)
               .regex("/^(?!_internal$)/" if end.name == "influxdb" else "")
               .current(dashboard.VariableOption(text=usual, value=usual)))
    for number, choice in enumerate(board.choices):
        query = end.values(choice.label, choice.of, board.choices[:number])
        yield (query_variable(choice.name, choice.title, query, end).multi(True).include_all(True).all_value(choice.all_value)
               .current(dashboard.VariableOption(text="All", value="$__all")))


def query_variable(name, title, query, end):
    """Asked anew with each load of the dashboard: with each change of the time range it would be for nothing."""
    spelt = {"query": query, "refId": name} if end.name == "prometheus" else query
    return (builders.QueryVariable(name).label(title).datasource(source(end)).query(spelt)
            .refresh(dashboard.VariableRefresh.ON_DASHBOARD_LOAD).sort(dashboard.VariableSort.ALPHABETICAL_ASC))


class Annotation(dashboard.AnnotationQuery):
    """With what the schema leaves to the plugins of data sources."""

    def __init__(self, more, **known):
        super().__init__(**known)
        self.more = more

    def to_json(self):
        return {**super().to_json(), **self.more}


def annotations(board, end):
    for note in board.notes:
        selected = end.selector(note.counter, board) if end.name == "prometheus" else end.where(note.counter, board)
        if end.name == "prometheus":
            more = {"expr": f"sum by ({note.label}) (increase({note.counter.series}{selected}[$__rate_interval])) > 0", "step": "15s",
                    "titleFormat": note.title, "textFormat": f"{{{{{note.label}}}}}"}
        else:
            # From point to point, for the growth within the first minute is in no difference between minutes.
            each = f'SELECT non_negative_difference("{note.counter.field}") AS "each" {end.source(note.counter)} {selected} GROUP BY *'
            minute = f'SELECT sum("each") AS "more" FROM ({each}) WHERE {SHOWN} GROUP BY time(1m), "{note.label}"'
            more = {"query": f'SELECT "more", "{note.label}" FROM ({minute}) WHERE {SHOWN} AND "more" > 0',
                    "textColumn": note.label}
        yield Built(Annotation(more, name=note.title, datasource=source(end), icon_color=note.colour))


def links(board, end):
    """To all others of this back end, with what was chosen here."""
    return [builders.DashboardLink("Others").type(dashboard.DashboardLinkType.DASHBOARDS).tags(["weir-kit", end.name])
            .keep_time(True).include_vars(True).as_dropdown(False)]


def text(board, end):
    made = (builders.Dashboard(f"{board.title} ({end.title})").uid(uid(board.name, end)).description(board.about)
            .tags(["weir-kit", end.name]).timezone("browser").tooltip(dashboard.DashboardCursorSync.CROSSHAIR).time(board.since, "now")
            .refresh("30s").variables(list(variables(board, end))).annotations(list(annotations(board, end)))
            .links(links(board, end)).editable())
    numbers = itertools.count(1)
    for row in board.rows:
        panels = [panel for panel in row.panels if end.name in panel.asks]
        if panels:
            made.with_row(builders.Row(row.title).id(next(numbers)))
        for panel in panels:
            made.with_panel(painted(panel, board, end, next(numbers)))
    return json.dumps(made.build(), cls=JSONEncoder, indent=2, ensure_ascii=False) + "\n"
