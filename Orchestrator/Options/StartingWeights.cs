using System.Security.Cryptography;
using TraversalLearning.Data.Tables;
using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Models.Parameters;

namespace TraversalLearning.Orchestration.Options;

/// <summary>Weights that a model starts from, instead of random ones.</summary>
/// <param name="Path">Their file; <see langword="null"/> where only a checkpoint tells of them, which has what became of them.</param>
/// <param name="Sha256">The file's, in hexadecimal.</param>
/// <param name="Partial">Whether what does not fit is left out, and the model keeps its random weights there.</param>
internal sealed record StartingWeights(string? Path, string Sha256, bool Partial)
{
    /// <summary>The flag that names them.</summary>
    public const string Flag = "--init";

    /// <summary>The flag that lets them be partial.</summary>
    public const string PartialFlag = "--init_partial";

    private const string IdentityPrefix = "sha256:";
    private static readonly int HashLength = 2 * SHA256.HashSizeInBytes;

    /// <summary>What stands for the file in a checkpoint.</summary>
    public string Identity => IdentityPrefix + Sha256;

    /// <summary>Takes a file's SHA-256, or what <see cref="Identity"/> gave.</summary>
    /// <param name="value">A path, or the identity.</param>
    /// <param name="partial">Whether they may be partial.</param>
    /// <exception cref="UserErrorException">The file cannot be read.</exception>
    public static StartingWeights Of(string value, bool partial) =>
        value.StartsWith(IdentityPrefix, StringComparison.Ordinal) && value.Length == IdentityPrefix.Length + HashLength
            ? new StartingWeights(Path: null, value[IdentityPrefix.Length..], partial)
            : new StartingWeights(value, HashOf(value), partial);

    /// <summary>Reads them.</summary>
    /// <param name="parameters">The model's.</param>
    /// <param name="model">Its name, for the message.</param>
    /// <returns>What was read; nothing if there is no file to read.</returns>
    /// <exception cref="UserErrorException">They do not fit, or the file is damaged or another one by now.</exception>
    public StateDictMatch? ReadInto(FlatParameters parameters, string model)
    {
        if (Path is null)
        {
            return null;
        }

        return ErrorTable.ReadingModel.Guard(() => ErrorTable.FittingModel.Guard(() => Read(Path, parameters), e => Misfit(e, model)), e => $"{Flag}: {e.Message}");
    }

    /// <summary>In what the tables that they were trained with differ from those of a run, so that they mean something else; <see langword="null"/> if in nothing.</summary>
    /// <param name="preparation">The run's; <see langword="null"/> if it has no tables.</param>
    public string? DifferenceOfTables(Preparation? preparation) =>
        Path is not null && preparation is not null && ModelFile.ReadPreparation(Path) is { } before ? preparation.DifferenceFrom(before) : null;

    private StateDictMatch Read(string path, FlatParameters parameters)
    {
        StateDictMatch match = StateDict.Read(path, parameters, Partial);
        return HashOf(path) == Sha256 ? match : throw new UserErrorException(ExitCode.Data, $"{Flag} '{path}' was changed while the run began; start it again");
    }

    private string Misfit(Exception e, string model) =>
        $"{Flag} '{Path}' does not fit the model '{model}': {e.Message}; {(Partial ? "nothing in it fits" : $"add {PartialFlag} to take what fits")}";

    private static string HashOf(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            return Convert.ToHexStringLower(SHA256.HashData(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            string reason = e is FileNotFoundException or DirectoryNotFoundException ? "there is no such file" : e.Message;
            throw new UserErrorException(ExitCode.Data, $"{Flag} '{path}': {reason}", e);
        }
    }
}
