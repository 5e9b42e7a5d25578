using System.Text.Json;
using TraversalLearning.Files;

namespace TraversalLearning.Records;

/// <summary>The last line of a record that is known to be on the disk, kept in a file of its own: a record that ends before it was cut.</summary>
/// <param name="File">Name of the file that the line is in.</param>
/// <param name="Lines">Its number, which is that of all lines.</param>
/// <param name="Hash">Its hash.</param>
public sealed record RecordHead(string File, long Lines, string Hash)
{
    private const int MaxLength = 4096;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    /// <summary>The head of an empty record.</summary>
    internal static RecordHead None { get; } = new(string.Empty, 0, ChainedLine.Start);

    /// <summary>Reads the file; <see langword="null"/> if it does not exist, or is not a head.</summary>
    internal static RecordHead? Read(string path)
    {
        if (!System.IO.File.Exists(path) || new FileInfo(path).Length > MaxLength)
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<RecordHead>(System.IO.File.ReadAllBytes(path), Json);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Writes the file.</summary>
    internal void Write(string path) => ReplacedFile.Write(path, [.. JsonSerializer.SerializeToUtf8Bytes(this, Json), (byte)'\n']);
}
