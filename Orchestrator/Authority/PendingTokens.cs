using System.Text.Json;
using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Events;

namespace TraversalLearning.Orchestration.Authority;

/// <summary>The one-time tokens of a CA, a file each. Those that ended are removed after a while.</summary>
/// <param name="folder">The CA's folder.</param>
/// <param name="time">The clock.</param>
internal sealed class PendingTokens(string folder, TimeProvider time)
{
    private static readonly TimeSpan KeptAfterEnd = TimeSpan.FromDays(30);

    private string TokenFolder => Path.Combine(folder, "tokens");

    /// <summary>All tokens, by name.</summary>
    /// <exception cref="UserErrorException">One cannot be read.</exception>
    public IReadOnlyList<PendingToken> Read() => Directory.Exists(TokenFolder)
        ? [.. Directory.GetFiles(TokenFolder, "*.json").Select(Load).OrderBy(t => t.Name, StringComparer.Ordinal).ThenBy(t => t.Until)]
        : [];

    /// <summary>The token with this id. The id is compared, and never becomes part of a path.</summary>
    public PendingToken? Find(string id) => Read().FirstOrDefault(t => string.Equals(t.Id, id, StringComparison.Ordinal));

    /// <summary>Writes a token, replacing an earlier state of it.</summary>
    /// <exception cref="UserErrorException">It cannot be written.</exception>
    public void Save(PendingToken token)
    {
        try
        {
            PrivateFiles.CreateFolder(TokenFolder);
            foreach (PendingToken old in Read().Where(t => t.Until + KeptAfterEnd < time.GetUtcNow()))
            {
                File.Delete(PathOf(old));
            }

            ReplacedFile.Write(PathOf(token), JsonSerializer.SerializeToUtf8Bytes(token, RecordJson.Indented));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(ExitCode.Usage, $"cannot write '{PathOf(token)}': {e.Message}", e);
        }
    }

    private string PathOf(PendingToken token) => Path.Combine(TokenFolder, $"{token.Id}.json");

    private static PendingToken Load(string path)
    {
        try
        {
            return RecordJson.Read<PendingToken>(File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or FormatException)
        {
            throw new UserErrorException(ExitCode.Usage, $"cannot read '{path}': {FileError.ReasonOf(path, e)}", e);
        }
    }
}
