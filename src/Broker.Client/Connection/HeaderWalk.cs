namespace Broker.Client;

/// <summary>
/// Walks through the payload of one content header, in as many pieces as it comes in, and has what is nested too deep become
/// bytes: a table (F), an array (A) and bytes (x) all are a length of 32 bits and what it counts.
/// </summary>
internal sealed class HeaderWalk
{
    // Class, weight and size of the body.
    private const int BeforeFlags = 12;
    private const int HasContentType = 1 << 15;
    private const int HasContentEncoding = 1 << 14;
    private const int HasHeaders = 1 << 13;

    private readonly (long End, bool IsTable)[] _open = new (long, bool)[NestingGuard.MostDepth + 1];
    private int _depth;
    private long _at;
    private Step _step;
    private long _skip;
    private long _number;
    private int _digits;
    private int _flags;
    private bool _isTable;

    private enum Step
    {
        Flags,
        Properties,
        PropertyLength,
        HeadersLength,
        Element,
        NameLength,
        Type,
        InnerLength,
        BytesLength,
        Done,
    }

    public void Begin()
    {
        (_depth, _at, _step, _skip, _number, _digits) = (0, 0, Step.Flags, BeforeFlags, 0, 0);
    }

    /// <summary>The next bytes of the payload.</summary>
    public void Go(Span<byte> bytes)
    {
        for (var index = 0; index < bytes.Length && _step != Step.Done;)
        {
            if (_skip > 0)
            {
                var count = (int)Math.Min(_skip, bytes.Length - index);
                index += count;
                _at += count;
                _skip -= count;
                continue;
            }

            if (!IsAtElement())
                Take(ref bytes[index++]);
        }
    }

    // What needs no byte: the next property, the end of what is open.
    private bool IsAtElement()
    {
        if (_step == Step.Properties)
        {
            _step = (_flags & (HasContentType | HasContentEncoding)) != 0 ? Step.PropertyLength
                : (_flags & HasHeaders) != 0 ? Step.HeadersLength
                : Step.Done;
            return true;
        }

        if (_step != Step.Element)
            return false;
        while (_depth > 0 && _at >= _open[_depth - 1].End)
            _depth--;
        _step = _depth == 0 ? Step.Done : _open[_depth - 1].IsTable ? Step.NameLength : Step.Type;
        return true;
    }

    private void Take(ref byte value)
    {
        _at++;
        switch (_step)
        {
            case Step.Flags when IsWhole(value, 2):
                (_flags, _step) = ((int)_number, Step.Properties);
                break;
            case Step.PropertyLength:
                // The first of the two is done, and then the other.
                _flags &= (_flags & HasContentType) != 0 ? ~HasContentType : ~HasContentEncoding;
                (_skip, _step) = (value, Step.Properties);
                break;
            case Step.HeadersLength when IsWhole(value, 4):
                Open(isTable: true);
                break;
            case Step.NameLength:
                (_skip, _step) = (value, Step.Type);
                break;
            case Step.Type:
                OnType(ref value);
                break;
            case Step.InnerLength when IsWhole(value, 4):
                Open(_isTable);
                break;
            case Step.BytesLength when IsWhole(value, 4):
                (_skip, _step) = (_number, Step.Element);
                break;
        }
    }

    private void OnType(ref byte type)
    {
        (_number, _digits) = (0, 0);
        if (type is (byte)'F' or (byte)'A' && _depth < _open.Length)
        {
            (_isTable, _step) = (type == 'F', Step.InnerLength);
            return;
        }

        if (type is (byte)'F' or (byte)'A')
            type = (byte)'x';
        if (type is (byte)'S' or (byte)'x')
        {
            _step = Step.BytesLength;
            return;
        }

        _skip = (char)type switch
        {
            'V' => 0,
            't' or 'b' or 'B' => 1,
            's' or 'u' => 2,
            'I' or 'i' or 'f' => 4,
            'D' => 5,
            'l' or 'd' or 'T' => 8,
            _ => -1,
        };
        _step = _skip < 0 ? Step.Done : Step.Element; // unknown to the driver, too, which ends the connection over it
        _skip = Math.Max(_skip, 0);
    }

    private void Open(bool isTable)
    {
        _open[_depth++] = (_at + _number, isTable);
        _step = Step.Element;
    }

    private bool IsWhole(byte digit, int digits)
    {
        if (_digits == 0)
            _number = 0;
        _number = (_number << 8) | digit;
        if (++_digits < digits)
            return false;
        _digits = 0;
        return true;
    }
}
