using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using TraversalLearning.Files;

namespace TraversalLearning.Nodes.Policies;

/// <summary>
/// The ledgers of a node's runs: files of its state folder, so that a restart does not forget what has been counted. Without a
/// folder they last as long as the process.
/// </summary>
internal sealed class RunLedgers(string? folder, int nodeId, TimeProvider time)
{
    // A run that goes on writes its ledger; one of so long ago has ended.
    private static readonly TimeSpan Kept = TimeSpan.FromDays(90);

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, IncludeFields = true };

    private readonly Dictionary<string, RunLedger> _ledgers = new(StringComparer.Ordinal);
    private bool _read;

    /// <summary>The ledger of a run, new if the run is not known.</summary>
    /// <param name="session">The orchestrator's name for the run.</param>
    /// <param name="samples">Number of the node's samples.</param>
    /// <param name="policy">The policy, of which a new run uses up a place of the day.</param>
    /// <exception cref="PolicyException">There are as many runs today as the policy allows, or a ledger cannot be read or written.</exception>
    public RunLedger Open(string session, int samples, NodePolicy policy)
    {
        Read();
        string name = NameOf(session);
        if (_ledgers.TryGetValue(name, out RunLedger? known) && known.Visits.Length == samples)
        {
            return known;
        }

        DateTimeOffset now = time.GetLocalNow();
        if (policy.MaxRunsPerDay is { } most && _ledgers.Values.Count(l => l.BeganOn(now)) >= most)
        {
            throw new PolicyException(PolicyKeys.MaxRunsPerDay, $"{most} runs a day are allowed, and as many have begun today");
        }

        var ledger = new RunLedger { Began = now, Visits = new int[samples] };
        _ledgers[name] = ledger;
        Write(session, ledger);
        return ledger;
    }

    /// <summary>Writes a run's ledger.</summary>
    /// <exception cref="PolicyException">It cannot be written.</exception>
    public void Write(string session, RunLedger ledger)
    {
        if (folder is null)
        {
            return;
        }

        string path = Path.Combine(folder, NameOf(session));
        try
        {
            PrivateFiles.CreateFolder(folder);
            ReplacedFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(ledger, Json));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PolicyException(PolicyKeys.StateFolder, $"it cannot write '{path}', where it counts what it does in a run: {FileError.ReasonOf(path, e)}");
        }
    }

    // The orchestrator chose the session's name; no text from the network becomes part of a path.
    private string NameOf(string session) => $"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(session)))[..32]}-node-{nodeId}.json";

    private void Read()
    {
        if (_read || folder is null)
        {
            return;
        }

        foreach (FileInfo file in Directory.Exists(folder) ? new DirectoryInfo(folder).EnumerateFiles($"*-node-{nodeId}.json") : [])
        {
            if (time.GetUtcNow().UtcDateTime - file.LastWriteTimeUtc > Kept)
            {
                file.Delete();
                continue;
            }

            try
            {
                _ledgers[file.Name] = JsonSerializer.Deserialize<RunLedger>(File.ReadAllBytes(file.FullName), Json) ?? throw new JsonException("it is null");
            }
            catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
            {
                throw new PolicyException(
                    PolicyKeys.StateFolder, $"'{file.FullName}', where it counted what it did in a run, cannot be read: {e.Message}; delete the file to begin that count anew");
            }
        }

        _read = true;
    }
}
