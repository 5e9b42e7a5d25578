using System.Text;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>A file that is built into the program.</summary>
internal static class EmbeddedFile
{
    /// <summary>Its bytes.</summary>
    /// <param name="name">The name that the project gives it.</param>
    public static byte[] Read(string name)
    {
        using Stream stream = typeof(EmbeddedFile).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"{name} is not embedded");
        byte[] content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }

    /// <summary>Its text.</summary>
    public static string ReadText(string name) => Encoding.UTF8.GetString(Read(name));
}
