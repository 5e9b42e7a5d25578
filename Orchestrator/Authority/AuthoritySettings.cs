using System.Text.Json;
using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Events;

namespace TraversalLearning.Orchestration.Authority;

/// <summary>What a CA was told when it was made.</summary>
/// <param name="Days">How long the certificates that it issues are valid.</param>
internal sealed record AuthoritySettings(int Days)
{
    public const int DefaultDays = 365;

    public TimeSpan Validity => TimeSpan.FromDays(Days);

    /// <summary>Reads a CA's settings.</summary>
    /// <exception cref="UserErrorException">They are damaged.</exception>
    public static AuthoritySettings Load(string folder)
    {
        string path = PathIn(folder);
        if (!File.Exists(path))
        {
            return new AuthoritySettings(DefaultDays);
        }

        try
        {
            AuthoritySettings read = RecordJson.Read<AuthoritySettings>(File.ReadAllBytes(path));
            return read.Days > 0 ? read : throw new FormatException("its days are not at least 1");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or FormatException)
        {
            throw new UserErrorException(ExitCode.Usage, $"cannot read '{path}': {FileError.ReasonOf(path, e)}", e);
        }
    }

    public void Save(string folder) => ReplacedFile.Write(PathIn(folder), JsonSerializer.SerializeToUtf8Bytes(this, RecordJson.Indented));

    private static string PathIn(string folder) => Path.Combine(folder, "ca.json");
}
