using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Events;

namespace TraversalLearning.Orchestration.Runs.Checkpoints;

/// <summary>A file of a checkpoint, with its expected content.</summary>
internal sealed record CheckpointFile(string Name, long Length, string Sha256);

/// <summary>
/// The metadata of a checkpoint. The JSON has two members: <c>checkpoint</c>, and <c>sha256</c> over the exact bytes of
/// that member, so that the manifest verifies the other files and itself.
/// </summary>
internal sealed record CheckpointManifest
{
    /// <summary>The manifest's file name.</summary>
    public const string FileName = "manifest.json";

    /// <summary>The only format that this version reads and writes.</summary>
    public const int CurrentFormat = 1;

    private static readonly JsonSerializerOptions Json = new(RecordJson.Indented)
    {
        RespectRequiredConstructorParameters = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    public required int Format { get; init; }

    /// <summary>Version of the program that wrote the checkpoint.</summary>
    public required string Product { get; init; }

    /// <summary>The method, as given to <c>--algorithm</c>.</summary>
    public required string Algorithm { get; init; }

    public required TrainingProgress Progress { get; init; }

    public required RunMeters Meters { get; init; }

    /// <summary>
    /// The flags that determine the result, seeds included, with their values (<see cref="ResultOptions"/>).
    /// </summary>
    public required IReadOnlyDictionary<string, string> Options { get; init; }

    /// <summary>
    /// The points where the run was resumed with other flags; <see langword="null"/> if there are none.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<RunBranch>? Branches { get; init; }

    /// <summary>
    /// Fingerprint of the orchestrator's test set; <see langword="null"/> in checkpoints of earlier versions.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TestData { get; init; }

    /// <summary><see cref="ResultOptions.Digest"/> of <see cref="Options"/> and <see cref="Branches"/>.</summary>
    public required string OptionsDigest { get; init; }

    /// <summary>
    /// The other flags that were given, with their values; a resumed run takes them over unless they are given again.
    /// </summary>
    public required IReadOnlyDictionary<string, string> Settings { get; init; }

    /// <summary>
    /// What rounding depends on besides the flags; <see langword="null"/> in checkpoints of earlier versions.
    /// </summary>
    public LibTorch? Computation { get; init; }

    /// <summary>The data of nodes 1, 2, …; for a centralized run, the pooled data.</summary>
    public required IReadOnlyList<NodeData> Data { get; init; }

    /// <summary>The other files.</summary>
    public required IReadOnlyList<CheckpointFile> Files { get; init; }

    /// <summary>Serialises the manifest.</summary>
    public byte[] ToBytes()
    {
        string content = JsonSerializer.Serialize(this, Json);
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)));
        return Encoding.UTF8.GetBytes($"{{\n\"sha256\": \"{hash}\",\n\"checkpoint\": {content}\n}}");
    }

    /// <summary>Parses and verifies a manifest.</summary>
    /// <param name="path">For messages.</param>
    /// <param name="bytes">The file's content.</param>
    /// <exception cref="CheckpointException">The bytes were not written by <see cref="ToBytes"/>, or are
    /// invalid.</exception>
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

    /// <summary>
    /// Validates the content. The hash proves that the bytes are intact; this proves that a program like this one wrote
    /// them.
    /// </summary>
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
