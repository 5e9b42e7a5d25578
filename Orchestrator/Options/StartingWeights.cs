using System.Security.Cryptography;
using TraversalLearning.Data.Tables;
using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Models.Parameters;

namespace TraversalLearning.Orchestration.Options;

/// <summary>Weights that a model starts from instead of random ones.</summary>
/// <param name="Path">Their file; <see langword="null"/> where they are known only from a checkpoint, which holds the
/// weights trained from them.</param>
/// <param name="Sha256">SHA-256 of the file, in hexadecimal.</param>
/// <param name="Partial">Whether parameters that do not fit are skipped and keep their random weights.</param>
internal sealed record StartingWeights(string? Path, string Sha256, bool Partial)
{
    /// <summary>The flag that sets the file.</summary>
    public const string Flag = "--init";

    /// <summary>The flag that allows a partial match.</summary>
    public const string PartialFlag = "--init_partial";

    private const string IdentityPrefix = "sha256:";
    private static readonly int HashLength = 2 * SHA256.HashSizeInBytes;

    /// <summary>The value that stands for the file in a checkpoint.</summary>
    public string Identity => IdentityPrefix + Sha256;

    /// <summary>Computes a file's SHA-256, or parses an <see cref="Identity"/>.</summary>
    /// <param name="value">A path, or the identity.</param>
    /// <param name="partial">Whether a partial match is allowed.</param>
    /// <exception cref="UserErrorException">The file cannot be read.</exception>
    public static StartingWeights Of(string value, bool partial) =>
        value.StartsWith(IdentityPrefix, StringComparison.Ordinal) && value.Length == IdentityPrefix.Length + HashLength
            ? new StartingWeights(Path: null, value[IdentityPrefix.Length..], partial)
            : new StartingWeights(value, HashOf(value), partial);

    /// <summary>Reads the weights into a model.</summary>
    /// <param name="parameters">The model's parameters.</param>
    /// <param name="model">The model's name, for messages.</param>
    /// <returns>The match; <see langword="null"/> if there is no file to read.</returns>
    /// <exception cref="UserErrorException">The weights do not fit, or the file is damaged or has changed.</exception>
    public StateDictMatch? ReadInto(FlatParameters parameters, string model)
    {
        if (Path is null)
        {
            return null;
        }

        return ErrorTable.ReadingModel.Guard(() => ErrorTable.FittingModel.Guard(() => Read(Path, parameters), e => Misfit(e, model)), e => $"{Flag}: {e.Message}");
    }

    /// <summary>
    /// How the tables used to train the weights differ from those of a run, so that the weights have another meaning;
    /// <see langword="null"/> if they do not.
    /// </summary>
    /// <param name="preparation">The run's preparation; <see langword="null"/> without tables.</param>
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
