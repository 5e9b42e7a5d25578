using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Events;

namespace TraversalLearning.Orchestration.Runs.Checkpoints;

/// <summary>A file of a checkpoint, and what it must hold.</summary>
internal sealed record CheckpointFile(string Name, long Length, string Sha256);

/// <summary>
/// What a checkpoint says beside its tensors. The JSON has two members: <c>checkpoint</c>, and <c>sha256</c> over that member's very
/// bytes; so the manifest vouches for the other files, and for itself.
/// </summary>
internal sealed record CheckpointManifest
{
    /// <summary>Its file's name.</summary>
    public const string FileName = "manifest.json";

    /// <summary>The one layout that this version reads and writes.</summary>
    public const int CurrentFormat = 1;

    private static readonly JsonSerializerOptions Json = new(RecordJson.Indented)
    {
        RespectRequiredConstructorParameters = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    public required int Format { get; init; }

    /// <summary>Version of the program that wrote it.</summary>
    public required string Product { get; init; }

    /// <summary>The method, as <c>--algorithm</c> spells it.</summary>
    public required string Algorithm { get; init; }

    public required TrainingProgress Progress { get; init; }

    public required RunMeters Meters { get; init; }

    /// <summary>The flags that decide the result, seeds included, with their values (<see cref="ResultOptions"/>).</summary>
    public required IReadOnlyDictionary<string, string> Options { get; init; }

    /// <summary>Where it was gone on with by other flags; <see langword="null"/> if it never was.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<RunBranch>? Branches { get; init; }

    /// <summary>Fingerprint of the orchestrator's test set; <see langword="null"/> where an earlier version wrote it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TestData { get; init; }

    /// <summary><see cref="ResultOptions.Digest"/> of <see cref="Options"/> and <see cref="Branches"/>.</summary>
    public required string OptionsDigest { get; init; }

    /// <summary>The other flags that were given, with their values: taken over by a resumed run that is not given them anew.</summary>
    public required IReadOnlyDictionary<string, string> Settings { get; init; }

    /// <summary>What the last bits depend on beside the flags; <see langword="null"/> where an earlier version wrote it.</summary>
    public LibTorch? Computation { get; init; }

    /// <summary>The data of node 1, 2, …; of a centralized run, the pooled data.</summary>
    public required IReadOnlyList<NodeData> Data { get; init; }

    /// <summary>The other files.</summary>
    public required IReadOnlyList<CheckpointFile> Files { get; init; }

    /// <summary>As the bytes of its file.</summary>
    public byte[] ToBytes()
    {
        string content = JsonSerializer.Serialize(this, Json);
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)));
        return Encoding.UTF8.GetBytes($"{{\n\"sha256\": \"{hash}\",\n\"checkpoint\": {content}\n}}");
    }

    /// <summary>Reads and checks the bytes of a file.</summary>
    /// <param name="path">For the message.</param>
    /// <param name="bytes">The file's content.</param>
    /// <exception cref="CheckpointException">They are not what <see cref="ToBytes"/> wrote, or make no sense.</exception>
    public static CheckpointManifest Parse(string path, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes);
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || document.RootElement.GetPropertyCount() != 2
                || !document.RootElement.TryGetProperty("sha256", out JsonElement hash)
                || hash.ValueKind != JsonValueKind.String
                || !document.RootElement.TryGetProperty("checkpoint", out JsonElement content))
            {
                throw new CheckpointException(path, "is not a checkpoint's manifest");
            }

            byte[] raw = Encoding.UTF8.GetBytes(content.GetRawText());
            if (!string.Equals(hash.GetString(), Convert.ToHexStringLower(SHA256.HashData(raw)), StringComparison.Ordinal))
            {
                throw new CheckpointException(path, "is damaged: its checksum is another");
            }

            if (content.ValueKind == JsonValueKind.Object
                && content.TryGetProperty("format", out JsonElement format)
                && !(format.TryGetInt32(out int number) && number == CurrentFormat))
            {
                throw new CheckpointException(path, $"has format {format.GetRawText()}; this version reads format {CurrentFormat}");
            }

            CheckpointManifest manifest = JsonSerializer.Deserialize<CheckpointManifest>(raw, Json)
                ?? throw new CheckpointException(path, "says nothing");
            manifest.Validate(path);
            return manifest;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or DecoderFallbackException)
        {
            throw new CheckpointException(path, $"is damaged: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    /// <summary>The hash proves that these are the bytes that were written; this, that a program like this one wrote them.</summary>
    private void Validate(string path)
    {
        TrainingProgress p = Progress;
        bool sound = p is { Epoch: >= 1, NextBatch: >= 0, Steps: >= 1, Hits: >= 0, Rows: >= 0, SkippedRows: >= 0, TotalSkippedRows: >= 0 }
            && string.Equals(OptionsDigest, ResultOptions.Digest(Options, Branches), StringComparison.Ordinal)
            && (Branches ?? []).All(b => b is { FromStep: >= 1, Changed: not null } && b.Changed.Values.All(c => c is not null))
            && Data.All(d => d is { SampleCount: >= 0, Fingerprint: not null })
            && Options.Concat(Settings).All(o => o.Value is not null)
            && Files.All(f => f is { Name: not null, Length: >= 0, Sha256: not null } && IsFileName(f.Name))
            && Files.DistinctBy(f => f.Name, StringComparer.Ordinal).Count() == Files.Count;
        if (!sound)
        {
            throw new CheckpointException(path, "makes no sense");
        }
    }

    private static bool IsFileName(string name) => name.Length > 0 && name.IndexOfAny(Path.GetInvalidFileNameChars()) < 0;
}
