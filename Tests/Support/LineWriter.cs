using System.Text;

namespace TraversalLearning.Tests.Support;

/// <summary>A console that keeps its lines.</summary>
internal sealed class LineWriter(ProgramLines lines) : TextWriter
{
    private readonly StringBuilder _line = new();

    /// <inheritdoc/>
    public override Encoding Encoding => Encoding.UTF8;

    /// <inheritdoc/>
    public override void Write(char value)
    {
        if (value == '\n')
        {
            lines.Add(_line.ToString());
            _line.Clear();
        }
        else
        {
            _line.Append(value);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (_line.Length > 0)
        {
            Write('\n');
        }

        base.Dispose(disposing);
    }
}
