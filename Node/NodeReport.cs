using System.Text.Json;
using TraversalLearning.Hosting;
using TraversalLearning.Nodes.Agents;

namespace TraversalLearning.NodeDaemon;

/// <summary>What a staying node says of itself (docs/reference/node-status.md).</summary>
/// <param name="Version">Version of the program.</param>
/// <param name="ProcessId">The process.</param>
/// <param name="Since">When the program started.</param>
/// <param name="Alive">Whether the node makes progress.</param>
/// <param name="BytesSent">Bytes of messages sent since then, without heartbeats.</param>
/// <param name="Hubs">The orchestrators.</param>
internal sealed record NodeReport(string Version, int ProcessId, DateTimeOffset Since, bool Alive, long BytesSent, IReadOnlyList<HubReport> Hubs)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        WriteIndented = true,
    };

    /// <summary>The report of a node.</summary>
    public static NodeReport Of(StayingNode node, DateTimeOffset since)
    {
        IReadOnlyList<HubStatus> hubs = node.Status;
        return new NodeReport(
            ProductInfo.Version, Environment.ProcessId, since, node.IsAlive, hubs.Sum(h => h.BytesSent), [.. hubs.Select(HubReport.Of)]);
    }

    /// <summary>Reads a report.</summary>
    /// <exception cref="JsonException">Not a report.</exception>
    public static NodeReport Read(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize<NodeReport>(json, Json) ?? throw new JsonException("it is empty");

    /// <summary>The report as JSON, in UTF-8.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Json);
}
