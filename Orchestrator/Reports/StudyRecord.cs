using System.Text.Json;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Events;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>
/// The record of a study, <c>study.json</c> in its folder; together with the run folders it is all that a report needs.
/// </summary>
/// <param name="Name">For display.</param>
/// <param name="Command">The command that executes the study.</param>
/// <param name="Rows">Every run, in the order of the study.</param>
internal sealed record StudyRecord(string Name, string Command, IReadOnlyList<StudyRow> Rows)
{
    private const int CurrentFormat = 1;

    private static readonly JsonSerializerOptions Json = new(RecordJson.Readable) { RespectRequiredConstructorParameters = true };

    /// <summary>Version of the file format.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>The byte budget for comparison; <see langword="null"/> for the most that every run has spent.</summary>
    public long? EqualBytes { get; init; }

    /// <summary>Path of the record in a study folder.</summary>
    public static string PathIn(string folder) => Path.Combine(folder, "study.json");

    /// <summary>
    /// Writes the record atomically. Run folders inside the study's are stored as relative paths, so that the study can
    /// be moved.
    /// </summary>
    /// <exception cref="UserErrorException">The file cannot be written.</exception>
    public void Save(string folder) =>
        ReportFile.Write(PathIn(folder), JsonSerializer.Serialize(this with { Rows = [.. Rows.Select(r => r with { Folder = Within(folder, r.Folder) })] }, Json) + "\n");

    /// <summary>Reads the record of a study folder.</summary>
    /// <returns><see langword="null"/> if there is none.</returns>
    /// <exception cref="UserErrorException">The file is damaged.</exception>
    public static StudyRecord? Load(string folder)
    {
        string path = PathIn(folder);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            StudyRecord record = JsonSerializer.Deserialize<StudyRecord>(File.ReadAllBytes(path), Json) ?? throw new JsonException("it is null");
            return record.Format == CurrentFormat
                ? record with { Rows = [.. record.Rows.Select(r => r with { Folder = Path.Combine(folder, r.Folder) })] }
                : throw new JsonException($"its format is {record.Format}, and this version reads {CurrentFormat}");
        }
        catch (Exception e) when (e is JsonException or ArgumentException or NotSupportedException or IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(
                ExitCode.Data,
                $"'{path}' is not what a study leaves: {e.Message.ReplaceLineEndings(" ")}; go on with the study by --resume, or give compare again with this --output, to have it written anew",
                e);
        }
    }

    private static string Within(string folder, string path)
    {
        string relative = Path.GetRelativePath(folder, path);
        return relative.StartsWith("..", StringComparison.Ordinal) ? Path.GetFullPath(path) : relative.Replace('\\', '/');
    }
}

