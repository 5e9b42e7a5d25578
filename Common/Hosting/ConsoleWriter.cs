using System.Text;

namespace TraversalLearning.Hosting;

/// <summary>Standard output or standard error that survives failed writes, such as to a full disk or a closed terminal.</summary>
/// <param name="inner">The underlying writer.</param>
/// <param name="isDropping">Whether failed writes are dropped; otherwise one ends the program, with one line.</param>
internal sealed class ConsoleWriter(TextWriter inner, bool isDropping) : TextWriter
{
    /// <inheritdoc/>
    public override Encoding Encoding => inner.Encoding;

    /// <inheritdoc/>
    public override void Write(char value) => Try(() => inner.Write(value));

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Try(() => inner.Write(buffer, index, count));

    /// <inheritdoc/>
    public override void Write(string? value) => Try(() => inner.Write(value));

    /// <inheritdoc/>
    public override void WriteLine(string? value) => Try(() => inner.WriteLine(value));

    /// <inheritdoc/>
    public override void Flush() => Try(inner.Flush);

    private void Try(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (isDropping && e is (IOException or UnauthorizedAccessException or UserErrorException))
        {
            // Dropped.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(ExitCode.TrainingFailed, $"cannot write to standard output: {e.Message}", e);
        }
    }
}
