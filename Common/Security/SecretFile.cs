using TraversalLearning.Files;
using TraversalLearning.Hosting;

namespace TraversalLearning.Security;

/// <summary>A file that only its owner may read. Others are refused, as ssh does with its keys.</summary>
internal static class SecretFile
{
    private const int MaxLength = 64 * 1024;

    private const UnixFileMode GroupAndOthers =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Reads the file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="flag">The flag that named it, for error messages.</param>
    /// <exception cref="UserErrorException">The file is missing, readable by others, or too long.</exception>
    public static byte[] Read(string path, string flag)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read);
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file.SafeFileHandle) & GroupAndOthers) != UnixFileMode.None)
            {
                throw new UserErrorException(ExitCode.Usage, $"{flag}: others can read '{path}'; run: chmod 600 '{path}'");
            }

            if (file.Length > MaxLength)
            {
                throw new UserErrorException(ExitCode.Usage, $"{flag}: '{path}' has {file.Length} bytes; {MaxLength} at most are read");
            }

            byte[] content = new byte[file.Length];
            file.ReadExactly(content);
            return content;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UserErrorException(ExitCode.Usage, $"{flag}: cannot read '{path}': {FileError.ReasonOf(path, e)}", e);
        }
    }
}
