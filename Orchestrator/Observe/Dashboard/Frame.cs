using System.Text;

namespace TraversalLearning.Orchestration.Observe.Dashboard;

/// <summary>A message of a stream of server-sent events, as bytes (WHATWG HTML, section 9.2).</summary>
internal static class Frame
{
    /// <summary>How soon a browser tries again when its connection has ended.</summary>
    public static ReadOnlyMemory<byte> Retry { get; } = "retry: 1000\n\n"u8.ToArray();

    /// <summary>An event.</summary>
    /// <param name="name">Of what kind.</param>
    /// <param name="json">On one line.</param>
    /// <param name="id">What a client says when it comes back, to go on behind this; <see langword="null"/> for none.</param>
    public static byte[] Of(string name, string json, string? id = null) =>
        Encoding.UTF8.GetBytes(id is null ? $"event: {name}\ndata: {json}\n\n" : $"id: {id}\nevent: {name}\ndata: {json}\n\n");
}
