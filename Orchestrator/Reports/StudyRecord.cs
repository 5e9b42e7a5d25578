using System.Text.Json;
using TraversalLearning.Hosting;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>What is known of a study, as <c>study.json</c> in its folder has it: with the folders of its runs it is all that a report is made of.</summary>
/// <param name="Name">For people.</param>
/// <param name="Command">That does the study.</param>
/// <param name="Rows">Every run, in the order of the study.</param>
internal sealed record StudyRecord(string Name, string Command, IReadOnlyList<StudyRow> Rows)
{
    private const int CurrentFormat = 1;

    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Of the file.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>At how many bytes its runs are to be compared; <see langword="null"/> for the most that every run has spent.</summary>
    public long? EqualBytes { get; init; }

    /// <summary>Where a study's folder has its record.</summary>
    public static string PathIn(string folder) => Path.Combine(folder, "study.json");

    /// <summary>Writes the record; the one that is there is replaced at once. Folders of runs within the study's are written as seen from there, so that it may be moved.</summary>
    /// <exception cref="UserErrorException">It cannot be written.</exception>
    public void Save(string folder) =>
        ReportFile.Write(PathIn(folder), JsonSerializer.Serialize(this with { Rows = [.. Rows.Select(r => r with { Folder = Within(folder, r.Folder) })] }, Json) + "\n");

    /// <summary>Reads the record of a study's folder.</summary>
    /// <returns><see langword="null"/> if there is none.</returns>
    /// <exception cref="UserErrorException">It is damaged.</exception>
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

