using System.Text;

namespace TraversalLearning.Hosting;

/// <summary>What becomes of lines that the console does not take. Commands whose lines are their result end with exit code 6; what goes on for long only tells of itself.</summary>
public static class ConsoleLines
{
    /// <summary>From now on, lines that cannot be written are dropped: they are in the log too, and the work is worth more than they are.</summary>
    public static void DropWhatCannotBeWritten() => Console.SetOut(new ConsoleWriter(Console.Out, isDropping: true));

    /// <summary>From now on, a line on standard output that cannot be written ends the program in one on standard error; what that does not take is dropped.</summary>
    internal static void RequireOutput()
    {
        Console.SetOut(new ConsoleWriter(Console.Out, isDropping: false));
        Console.SetError(new ConsoleWriter(Console.Error, isDropping: true));
    }

    /// <summary>Standard output or standard error of a program that is not to end because nobody takes its lines: the disk behind them is full, or the terminal gone.</summary>
    /// <param name="inner">Where lines go.</param>
    /// <param name="isDropping">Whether what cannot be written is dropped; else it ends the program, with one line.</param>
    private sealed class ConsoleWriter(TextWriter inner, bool isDropping) : TextWriter
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
}
