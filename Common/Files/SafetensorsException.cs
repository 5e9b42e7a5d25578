namespace TraversalLearning.Files;

#pragma warning disable RCS1194 // The standard constructors would allow a message that names no file.
/// <summary>A file that is not a whole and valid safetensors file. The message, <c>FILE: REASON</c>, is meant for the user.</summary>
public sealed class SafetensorsException(string file, string reason, Exception? inner = null)
    : Exception($"{file}: {reason}", inner)
{
    /// <summary>The file that is at fault.</summary>
    public string File { get; } = file;
}
