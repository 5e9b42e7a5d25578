using System.Text.Json.Nodes;
using TraversalLearning.Orchestration.Events;

namespace TraversalLearning.Orchestration.Observe.Dashboard;

/// <summary>What the page shows of the nodes. Of very many it shows those that need attention, and some of the others. Not thread-safe.</summary>
/// <param name="count">How many the run has.</param>
/// <param name="probe">Where their connections and their speed are read.</param>
internal sealed class NodeTable(int count, RunProbe probe)
{
    /// <summary>The most rows.</summary>
    public const int MaxRows = 200;

    private readonly Dictionary<int, (string Reason, int Times)> _losses = [];

    /// <summary>Something has happened.</summary>
    public void Observe(RunEvent runEvent)
    {
        if (runEvent is NodeLost e)
        {
            _losses[e.NodeId] = (e.Reason, _losses.GetValueOrDefault(e.NodeId).Times + 1);
        }
    }

    /// <summary>For the page.</summary>
    public JsonObject ToJson()
    {
        IReadOnlyList<NodeReading> readings = count == 0 ? [] : probe.Nodes?.Invoke() ?? [];
        Row[] rows = [.. readings.Select(ToRow)];
        return new JsonObject
        {
            ["count"] = count,
            ["states"] = new JsonObject(rows.GroupBy(r => r.State, StringComparer.Ordinal).Select(g => KeyValuePair.Create(g.Key, (JsonNode?)g.Count()))),
            ["rows"] = new JsonArray([.. rows
                .OrderBy(r => rows.Length <= MaxRows || r.State is "lost" or "slow" ? 0 : 1).ThenBy(r => r.Reading.NodeId)
                .Take(MaxRows).OrderBy(r => r.Reading.NodeId).Select(ToJson)]),
        };
    }

    private Row ToRow(NodeReading reading)
    {
        NodeSpeed speed = probe.SpeedOf?.Invoke(reading.NodeId) ?? default;
        string state = (reading.Peer, reading.Samples) switch
        {
            (not null, _) => speed.IsSlow ? "slow" : "connected",
            (null, null) => "expected",
            _ => _losses.ContainsKey(reading.NodeId) ? "lost" : "gone",
        };
        return new Row(reading, speed, state);
    }

    private JsonNode ToJson(Row row)
    {
        (string? reason, int times) = _losses.GetValueOrDefault(row.Reading.NodeId);
        return new JsonObject
        {
            ["id"] = row.Reading.NodeId,
            ["state"] = row.State,
            ["peer"] = row.Reading.Peer,
            ["samples"] = row.Reading.Samples,
            ["visits"] = row.Speed.Visits,
            ["rows"] = row.Speed.Rows,
            ["round_trip_ms"] = Figures.Number(row.Speed.RoundTripMilliseconds, 2),
            ["compute_ms"] = Figures.Number(row.Speed.LastComputeMilliseconds, 2),
            ["compute_seconds"] = Figures.Number(row.Speed.Compute.TotalSeconds, 2),
            ["sent_bytes"] = row.Reading.SentBytes,
            ["received_bytes"] = row.Reading.ReceivedBytes,
            ["silence_seconds"] = row.Reading.Peer is null ? null : Figures.Number(row.Reading.Silence.TotalSeconds, 1),
            ["losses"] = times,
            ["reason"] = row.State == "lost" ? reason : null,
            ["metadata"] = row.Reading.Metadata,
        };
    }

    private readonly record struct Row(NodeReading Reading, NodeSpeed Speed, string State);
}
