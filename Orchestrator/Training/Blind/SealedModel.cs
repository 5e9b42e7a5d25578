using System.Text.Json;
using TraversalLearning.Files;
using TraversalLearning.Messages;

namespace TraversalLearning.Orchestration.Training.Blind;

/// <summary>
/// The state of training, sealed under the run's key, as a file that the orchestrator keeps and cannot read: a line of JSON
/// that says which run, key and step it is of, then the sealed bytes.
/// </summary>
/// <param name="Run">The run.</param>
/// <param name="GroupKey">The id of the run's key.</param>
/// <param name="Step">The last step that it contains.</param>
/// <param name="Bytes">The sealed bytes.</param>
internal sealed record SealedModel(string Run, string GroupKey, StepId Step, byte[] Bytes)
{
    /// <summary>Name of the file in a checkpoint.</summary>
    public const string FileName = "model.sealed";

    private const int MaxHeader = 4096;

    /// <summary>Writes the file.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Write(string path)
    {
        using var file = ReplacedFile.Create(path);
        file.Content.Write(JsonSerializer.SerializeToUtf8Bytes(new Header(Run, GroupKey, Step.Epoch, Step.Batch, Step.Attempt)));
        file.Content.WriteByte((byte)'\n');
        file.Content.Write(Bytes);
        file.Commit();
    }

    /// <summary>Reads the file.</summary>
    /// <exception cref="SafetensorsException">The file is damaged.</exception>
    public static SealedModel Read(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        int end = bytes.AsSpan(0, Math.Min(bytes.Length, MaxHeader)).IndexOf((byte)'\n');
        try
        {
            Header header = (end > 0 ? JsonSerializer.Deserialize<Header>(bytes.AsSpan(0, end)) : null) ?? throw new SafetensorsException(path, "is no sealed model");
            return new SealedModel(header.Run, header.GroupKey, new StepId(header.Epoch, header.Batch, header.Attempt), bytes[(end + 1)..]);
        }
        catch (JsonException e)
        {
            throw new SafetensorsException(path, "is no sealed model", e);
        }
    }

    private sealed record Header(string Run, string GroupKey, int Epoch, int Batch, int Attempt);
}
