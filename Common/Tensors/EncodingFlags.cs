using System.CommandLine;
using TraversalLearning.Hosting;

namespace TraversalLearning.Tensors;

/// <summary>The flags for tensor encoding; the same in both programs.</summary>
public sealed class EncodingFlags
{
    /// <summary>When tensors are compressed.</summary>
    public Flag<CompressionMode> Compression { get; } = Flag.Choice(
        "--compression",
        "LZ4 for tensors: where it is measured to pay, never, or always",
        ("auto", CompressionMode.Auto),
        ("none", CompressionMode.None),
        ("lz4", CompressionMode.Lz4));

    /// <summary>Whether each tensor has a checksum.</summary>
    public Flag<bool> Checksums { get; } = Flag.Choice("--checksums", "CRC-32C over every tensor that is sent", ("on", true), ("off", false));

    /// <summary>The options to add to a command.</summary>
    public IReadOnlyList<Option> Options => [Compression.Option, Checksums.Option];

    /// <summary>The flags' values, with one policy for the process.</summary>
    public TensorEncodingOptions Read(ParseResult result) => new(new CompressionPolicy(Compression.Get(result)), Checksums.Get(result));
}
