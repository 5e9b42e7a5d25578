using System.Security.Cryptography;
using System.Text;
using TraversalLearning.Files;

namespace TraversalLearning.Models.Layers;

/// <summary>A model description in a file: the JSON that <see cref="ModelDescription.Parse"/> reads.</summary>
public static class DescriptionFile
{
    // Half the size limit of the message that carries the description to the nodes.
    private const int MaxLength = 512 * 1024;
    private const int MaxName = 64;
    private const int DigestLength = 16;
    private const char Separator = '@';

    /// <summary>Whether a model is given as a file path: the text ends in <c>.json</c> or contains a separator.</summary>
    public static bool IsPath(string model) =>
        model.EndsWith(".json", StringComparison.Ordinal)
        || model.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal)
        || model.Contains(Path.AltDirectorySeparatorChar, StringComparison.Ordinal);

    /// <summary>Reads and validates the description in a file.</summary>
    /// <exception cref="ModelException">The file cannot be read, is malformed, or its layers do not fit; the message names the file.</exception>
    public static ModelDescription Read(string path)
    {
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > MaxLength })
            {
                throw new ModelException($"it has more than {MaxLength} bytes");
            }

            ModelDescription model = ModelDescription.Parse(File.ReadAllText(path));
            if (model.Name.Length is 0 or > MaxName || model.Name.Any(c => char.IsControl(c) || c == Separator))
            {
                throw new ModelException($"its name has from 1 to {MaxName} characters, of which none is '{Separator}' or breaks the line");
            }

            return model.ParameterCount > 0 ? model : throw new ModelException("its layers have no parameters; there is nothing to train");
        }
        catch (Exception e) when (e is ModelException or IOException or UnauthorizedAccessException)
        {
            string reason = e is FileNotFoundException or DirectoryNotFoundException ? "there is no such file" : FileError.ReasonOf(path, e);
            throw new ModelException($"model file '{path}': {reason}", e);
        }
    }

    /// <summary>Identifies a description from a file: its name and the start of its SHA-256.</summary>
    public static string IdentityOf(ModelDescription model) =>
        $"{model.Name}{Separator}{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(model.ToJson())))[..DigestLength]}";

    /// <summary>Whether a text is an <see cref="IdentityOf"/> result. No preset's name has that form.</summary>
    public static bool IsIdentity(string model) => model.Contains(Separator, StringComparison.Ordinal);
}
